package orderflow.bench;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;

/** Runs the application until a number of records is decided and committed. */
final class Run {
    private static final long POLL_MS = 20;

    static void run(Application application, long records) throws Exception {
        Decide.Progress progress = new Decide.Progress();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", application.bootstrap()));
            KafkaStreams streams = new KafkaStreams(application.topology(progress), application.properties())) {
            streams.setUncaughtExceptionHandler(problem -> {
                failure.set(problem);
                return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            });
            streams.start();
            while (progress.processed.get() < records || committed(admin, application.id()) < records) {
                if (failure.get() != null) throw new IllegalStateException("the application failed", failure.get());
                Thread.sleep(POLL_MS);
            }
            report(records, progress, streams);
            streams.close(Application.LEAVE);
        }
    }

    private static long committed(Admin admin, String group) throws Exception {
        var offsets = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().values();
        return offsets.stream().filter(each -> each != null).mapToLong(each -> each.offset()).sum();
    }

    private static void report(long records, Decide.Progress progress, KafkaStreams streams) throws IOException {
        double seconds = (System.nanoTime() - progress.firstAt.get()) / 1e9;
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("records", records);
        result.put("seconds", seconds);
        result.put("recordsPerSecond", records / seconds);
        result.put("cpuMicrosPerRecord", (Resources.cpuNanos() - progress.firstCpu.get()) / 1e3 / records);
        result.put("commitMeanMs", commitMetric(streams, "commit-latency-avg"));
        result.put("commitMaxMs", commitMetric(streams, "commit-latency-max"));
        result.put("maxRssMb", Resources.maxRssMb());
        Json.print(result);
    }

    private static double commitMetric(KafkaStreams streams, String name) {
        return streams.metrics().entrySet().stream()
            .filter(each -> each.getKey().group().equals("stream-thread-metrics") && each.getKey().name().equals(name))
            .mapToDouble(each -> (Double) each.getValue().metricValue())
            .max()
            .orElse(Double.NaN);
    }
}
