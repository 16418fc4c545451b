package orderflow.bench;

import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Answers each request from its account's state. */
final class Decide implements Processor<String, byte[], String, byte[]> {
    /** Shared by the tasks of an instance. */
    static final class Progress {
        final AtomicLong firstAt = new AtomicLong();
        /** Processor time that the process had used by then, in nanoseconds. */
        final AtomicLong firstCpu = new AtomicLong();
        final AtomicLong processed = new AtomicLong();

        private void begin() {
            if (firstAt.compareAndSet(0, System.nanoTime())) firstCpu.set(Resources.cpuNanos());
        }
    }

    private final Progress progress;
    private ProcessorContext<String, byte[]> context;
    private KeyValueStore<String, Payments.Account> accounts;

    Decide(Progress progress) {
        this.progress = progress;
    }

    @Override
    public void init(ProcessorContext<String, byte[]> given) {
        context = given;
        accounts = given.getStateStore(Application.ACCOUNTS);
    }

    @Override
    public void process(Record<String, byte[]> record) {
        if (progress.firstAt.get() == 0) progress.begin();
        Payments.RequestEvent request = Json.read(record.value(), Payments.RequestEvent.class);
        Payments.Account known = accounts.get(record.key());
        Payments.Account before = known == null ? new Payments.Account(Payments.OPENING_BALANCE, 0) : known;
        var decision = Payments.decide(request, before, record.timestamp());
        accounts.put(record.key(), new Payments.Account(decision.data().balance(), before.decided() + 1));
        context.forward(record.withValue(Json.write(decision)));
        progress.processed.incrementAndGet();
    }
}
