/**
 * The emulator's program in Java, launched from its source. The library answers as MongoDB 5.0 with wire version 8; the
 * Node driver speaks with 9 and later only, and needs nothing of what came with 9 on a server that is no replica set.
 *
 * One thread does all the work: the library changes documents in place while another thread encodes them as an answer,
 * which then holds half of either.
 */
export const EMULATOR_SOURCE = `import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.net.InetSocketAddress;
import java.util.List;

class MongoEmulator {
  private static final MongoVersion VERSION = new MongoVersion() {
    @Override
    public List<Integer> getVersionArray() {
      return List.of(5, 0, 0);
    }

    @Override
    public int getWireVersion() {
      return 9;
    }
  };

  public static void main(String[] arguments) {
    MemoryBackend memory = new MemoryBackend();
    memory.version(VERSION);
    MongoServer server = new MongoServer(memory);
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    server.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 1, 1);
    System.out.println("MongoDB emulator on 127.0.0.1:" + arguments[0]);
  }
}
`;
