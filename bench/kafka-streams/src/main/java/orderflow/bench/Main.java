package orderflow.bench;

import java.util.Arrays;

/** The comparison's Kafka Streams side. Each command prints one line of JSON. */
public final class Main {
    private static final String USAGE = """
        fill    BOOTSTRAP TOPIC RECORDS
        run     BOOTSTRAP INPUT OUTPUT APPLICATION STATE_DIR RECORDS
        restore BOOTSTRAP INPUT OUTPUT APPLICATION STATE_DIR
        count   BOOTSTRAP TOPIC""";

    public static void main(String[] args) throws Exception {
        String command = args.length > 0 ? args[0] : "";
        String[] rest = args.length > 0 ? Arrays.copyOfRange(args, 1, args.length) : args;
        switch (command + "/" + rest.length) {
            case "fill/3" -> Fill.fill(rest[0], rest[1], Integer.parseInt(rest[2]));
            case "run/6" -> Run.run(new Application(rest[0], rest[1], rest[2], rest[3], rest[4]), Long.parseLong(rest[5]));
            case "restore/5" -> Restore.restore(new Application(rest[0], rest[1], rest[2], rest[3], rest[4]));
            case "count/2" -> Count.count(rest[0], rest[1]);
            default -> {
                System.err.println(USAGE);
                System.exit(2);
            }
        }
    }
}
