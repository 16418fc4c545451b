package orderflow.bench;

import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.Stores;

/** The workload as a Kafka Streams application: exactly once, RocksDB stores with changelog and cache. */
record Application(String bootstrap, String input, String output, String id, String stateDirectory, int threads) {
    static final String ACCOUNTS = "accounts";
    /** By default a member stays in its group until it times out, and the next run would wait for that. */
    static final CloseOptions LEAVE = CloseOptions
        .groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
        .withTimeout(Duration.ofSeconds(30));
    private static final int COMMIT_INTERVAL_MS = 100;

    Topology topology(Decide.Progress progress) {
        // the cache, on by default in the DSL, writes a key once per commit to RocksDB and to the changelog
        var accounts = Stores
            .keyValueStoreBuilder(
                Stores.persistentKeyValueStore(ACCOUNTS), Serdes.String(), Json.serde(Payments.Account.class))
            .withCachingEnabled()
            .withLoggingEnabled(Map.of());
        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(accounts);
        builder
            .stream(input, Consumed.with(Serdes.String(), Serdes.ByteArray()))
            .process(() -> new Decide(progress), ACCOUNTS)
            .to(output, Produced.with(Serdes.String(), Serdes.ByteArray()));
        return builder.build();
    }

    Properties properties() {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, id);
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, stateDirectory);
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, COMMIT_INTERVAL_MS);
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, threads);
        properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        properties.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        return properties;
    }
}
