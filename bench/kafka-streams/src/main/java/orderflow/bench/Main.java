package orderflow.bench;

import java.util.Arrays;

/** The comparison's Kafka Streams side. Each command prints one line of JSON. */
public final class Main {
    private static final String USAGE = """
        fill    BOOTSTRAP TOPIC RECORDS
        run     BOOTSTRAP INPUT OUTPUT APPLICATION STATE_DIR THREADS RECORDS
        restore BOOTSTRAP INPUT OUTPUT APPLICATION STATE_DIR THREADS
        count   BOOTSTRAP TOPIC""";

    public static void main(String[] args) throws Exception {
        String command = args.length > 0 ? args[0] : "";
        String[] rest = args.length > 0 ? Arrays.copyOfRange(args, 1, args.length) : args;
        switch (command + "/" + rest.length) {
            case "fill/3" -> Fill.fill(rest[0], rest[1], Integer.parseInt(rest[2]));
            case "run/7" -> Run.run(application(rest), Long.parseLong(rest[6]));
            case "restore/6" -> Restore.restore(application(rest));
            case "count/2" -> Count.count(rest[0], rest[1]);
            default -> {
                System.err.println(USAGE);
                System.exit(2);
            }
        }
    }

    private static Application application(String[] args) {
        return new Application(args[0], args[1], args[2], args[3], args[4], Integer.parseInt(args[5]));
    }
}
