package orderflow.bench;

import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Fills the input topic with the same requests every time, each of 300 bytes. */
final class Fill {
    private static final int BYTES = 300;
    private static final long FIRST_INSTANT = 1_735_689_600_000L;

    static void fill(String bootstrap, String topic, int records) {
        Properties properties = new Properties();
        properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        properties.put(ProducerConfig.BATCH_SIZE_CONFIG, 262_144);
        properties.put(ProducerConfig.LINGER_MS_CONFIG, 5);
        Random random = new Random(1);
        AtomicReference<Exception> failure = new AtomicReference<>();
        long startedAt = System.nanoTime();
        try (var producer = new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer())) {
            for (int index = 0; index < records && failure.get() == null; index++) {
                String account = "account-" + random.nextInt(Payments.ACCOUNTS);
                long time = FIRST_INSTANT + index;
                byte[] value = value(index, account, time, 1 + random.nextInt(100));
                producer.send(new ProducerRecord<>(topic, null, time, account, value), (sent, problem) -> {
                    if (problem != null) failure.compareAndSet(null, problem);
                });
            }
        }
        if (failure.get() != null) throw new IllegalStateException("not all records were accepted", failure.get());
        Json.print(Map.of("records", records, "seconds", (System.nanoTime() - startedAt) / 1e9));
    }

    private static byte[] value(int index, String account, long time, long amount) {
        byte[] bare = encoded(index, account, time, amount, "");
        return encoded(index, account, time, amount, "x".repeat(Math.max(0, BYTES - bare.length)));
    }

    private static byte[] encoded(int index, String account, long time, long amount, String note) {
        return Json.write(
            Payments.request("r-" + index, account, time, new Payments.Request("o-" + index, amount, note)));
    }
}
