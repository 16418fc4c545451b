/**
 * The emulator's program in Java, launched from its source. The library answers as MongoDB 5.0 with wire version 8; the
 * Node driver speaks with 9 and later only, and needs nothing of what came with 9 on a server that is no replica set.
 *
 * One thread does all the work: the library changes documents in place while another thread encodes them as an answer,
 * which then holds half of either.
 *
 * The library uses an index only for a query of exactly its keys. A write that names a document by its id and makes a
 * condition would look at every document there is, so the index of ids is told to find the one, which is then matched.
 */
export const EMULATOR_SOURCE = `import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.backend.memory.MemoryDatabase;
import de.bwaldvogel.mongo.backend.memory.index.MemoryUniqueIndex;
import de.bwaldvogel.mongo.bson.Document;
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

  private static class IdIndex extends MemoryUniqueIndex {
    IdIndex(String name, List<IndexKey> keys, boolean sparse) {
      super(name, keys, sparse);
    }

    private static Document idOf(Document query) {
      return new Document("_id", query.get("_id"));
    }

    @Override
    public synchronized boolean canHandle(Document query) {
      return query.containsKey("_id") && super.canHandle(idOf(query));
    }

    @Override
    public synchronized Iterable<Integer> getPositions(Document query) {
      return super.getPositions(idOf(query));
    }
  }

  private static class Database extends MemoryDatabase {
    Database(String name, CursorRegistry cursors) {
      super(name, cursors);
    }

    @Override
    protected Index<Integer> openOrCreateUniqueIndex(String collection, String name, List<IndexKey> keys, boolean sparse) {
      boolean ofIds = keys.size() == 1 && keys.get(0).getKey().equals("_id");
      return ofIds ? new IdIndex(name, keys, sparse) : super.openOrCreateUniqueIndex(collection, name, keys, sparse);
    }
  }

  private static class Backend extends MemoryBackend {
    @Override
    public MemoryDatabase openOrCreateDatabase(String name) {
      return new Database(name, getCursorRegistry());
    }
  }

  public static void main(String[] arguments) {
    MemoryBackend memory = new Backend();
    memory.version(VERSION);
    MongoServer server = new MongoServer(memory);
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    server.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 1, 1);
    System.out.println("MongoDB emulator on 127.0.0.1:" + arguments[0]);
  }
}
`;
