package orderflow.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.processor.StateRestoreListener;

/** Starts the application without local state and measures how fast its changelog comes back. */
final class Restore {
    private static final long TIMEOUT_MINUTES = 10;

    /** First beginning, last end and number of records of all the store's partitions. */
    private static final class Listener implements StateRestoreListener {
        final AtomicLong beganAt = new AtomicLong();
        final AtomicLong beganCpu = new AtomicLong();
        final AtomicLong records = new AtomicLong();
        final CountDownLatch left;

        Listener(int partitions) {
            left = new CountDownLatch(partitions);
        }

        @Override
        public void onRestoreStart(TopicPartition partition, String store, long from, long to) {
            if (beganAt.compareAndSet(0, System.nanoTime())) beganCpu.set(Resources.cpuNanos());
        }

        @Override
        public void onBatchRestored(TopicPartition partition, String store, long offset, long count) {}

        @Override
        public void onRestoreEnd(TopicPartition partition, String store, long total) {
            records.addAndGet(total);
            left.countDown();
        }
    }

    static void restore(Application application) throws Exception {
        int partitions;
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", application.bootstrap()))) {
            var input = admin.describeTopics(List.of(application.input())).allTopicNames().get();
            partitions = input.get(application.input()).partitions().size();
        }
        Listener listener = new Listener(partitions);
        var properties = application.properties();
        try (KafkaStreams streams = new KafkaStreams(application.topology(new Decide.Progress()), properties)) {
            streams.setGlobalStateRestoreListener(listener);
            streams.start();
            if (!listener.left.await(TIMEOUT_MINUTES, TimeUnit.MINUTES))
                throw new IllegalStateException("not restored within " + TIMEOUT_MINUTES + " minutes");
            double seconds = (System.nanoTime() - listener.beganAt.get()) / 1e9;
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("records", listener.records.get());
            result.put("seconds", seconds);
            result.put("recordsPerSecond", listener.records.get() / seconds);
            double cpuMicros = (Resources.cpuNanos() - listener.beganCpu.get()) / 1e3;
            result.put("cpuMicrosPerRecord", cpuMicros / listener.records.get());
            result.put("maxRssMb", Resources.maxRssMb());
            Json.print(result);
            streams.close(Application.LEAVE);
        }
    }
}
