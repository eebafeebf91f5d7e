import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.AbstractUniqueIndex;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.DatabaseResolver;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.backend.Missing;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.oplog.Oplog;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import io.netty.channel.Channel;
import java.util.List;
import java.util.Map.Entry;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;

/**
 * The embedded stand-in for MongoDB, for trying and testing Onus on a machine without a mongod.
 *
 * <p>Usage: {@code java -cp ... OnusStore <data file> <host> <port>}. It differs from the library's own
 * server in five ways: it commits to the file before it answers, so that an acknowledged write survives a
 * killed process; it finds a document by its id also when the query says more than the id (a guarded
 * update), where the library reads the whole collection; it uses the other indexes too, which the library
 * only remembers; it counts by them, where the library reads the whole collection; and it names a wire version
 * that current drivers accept.
 */
public final class OnusStore {

  /**
   * Documents that were read stay in memory up to so much, by the file's measure. With the library's 16 each index
   * reads 20,000 tickets from the file again when the store opens, which takes minutes.
   */
  private static final int CACHE_MB = 256;

  /** Commits whatever a message changed before its answer leaves. */
  private static final class CommittingBackend extends H2Backend {
    CommittingBackend(String file) {
      super(new MVStore.Builder().fileName(file).cacheSize(CACHE_MB).open());
    }

    @Override
    public Document handleMessage(MongoMessage message) {
      Document answer = super.handleMessage(message);
      commit();
      return answer;
    }

    @Override
    protected MongoDatabase openOrCreateDatabase(String name) {
      MVStore store = getMvStore();
      return new H2Database(name, store, getCursorRegistry()) {
        @Override
        protected Index<Object> openOrCreateUniqueIndex(
            String collection, String index, List<IndexKey> keys, boolean sparse) {
          MVMap<KeyValue, Object> map = store.openMap(name + "." + collection + "._index_" + index);
          return new NarrowingIndex(map, index, keys, sparse);
        }

        @Override
        protected Index<Object> openOrCreateSecondaryIndex(
            String collection, String index, List<IndexKey> keys, boolean sparse) {
          return new OrderedIndex(index, keys, sparse);
        }

        @Override
        public Document handleCommand(
            Channel channel, String command, Document query, DatabaseResolver databases, Oplog oplog) {
          MongoCollection<Object> counted =
              command.equals("aggregate") ? resolveCollection(String.valueOf(query.get(command)), false) : null;
          Document match = counted == null ? null : countedBy(query);
          if (match == null) {
            return super.handleCommand(channel, command, query, databases, oplog);
          }
          int count = counted.count(match, 0, 0);
          List<Document> batch = count == 0 ? List.of() : List.of(new Document("_id", 1).append("n", count));
          Document cursor = new Document("id", 0L).append("ns", name + "." + query.get(command));
          return new Document("cursor", cursor.append("firstBatch", batch)).append("ok", 1.0);
        }

        @Override
        protected MongoCollection<Object> openOrCreateCollection(String collection, CollectionOptions options) {
          // The library's own names of the maps.
          MVMap<Object, Document> documents = store.openMap("databases." + name + "." + collection);
          MVMap<String, Object> about = store.openMap("meta." + name + "." + collection);
          return new IndexedCollection(this, collection, options, documents, about, getCursorRegistry());
        }
      };
    }
  }

  private static final Document COUNT =
      new Document("$group", new Document("_id", 1).append("n", new Document("$sum", 1)));

  /** What a driver's {@code countDocuments} counts; null for any other pipeline. */
  private static Document countedBy(Document aggregate) {
    return aggregate.get("pipeline") instanceof List<?> stages
            && stages.size() == 2
            && stages.get(0) instanceof Document first
            && first.size() == 1
            && first.get("$match") instanceof Document match
            && COUNT.equals(stages.get(1))
        ? match
        : null;
  }

  /** An index that serves a query by the part that it knows; what it finds is matched with the rest. */
  private static final class NarrowingIndex extends AbstractUniqueIndex<Object> {
    private final MVMap<KeyValue, Object> map;

    NarrowingIndex(MVMap<KeyValue, Object> map, String name, List<IndexKey> keys, boolean sparse) {
      super(name, keys, sparse);
      this.map = map;
    }

    /** The part of a query that is about this index. */
    private Document narrow(Document query) {
      Document known = new Document();
      for (String key : keySet()) {
        if (query.containsKey(key)) {
          known.put(key, query.get(key));
        }
      }
      return known;
    }

    @Override
    public synchronized boolean canHandle(Document query) {
      return super.canHandle(narrow(query));
    }

    @Override
    public synchronized Iterable<Object> getPositions(Document query) {
      return super.getPositions(narrow(query));
    }

    @Override
    protected Object removeDocument(KeyValue key) {
      return map.remove(key);
    }

    @Override
    protected boolean putKeyPosition(KeyValue key, Object position) {
      return map.putIfAbsent(key, Missing.ofNullable(position)) == null;
    }

    @Override
    protected Iterable<Entry<KeyValue, Object>> getIterable() {
      return map.entrySet();
    }

    @Override
    protected Object getPosition(KeyValue key) {
      return map.get(key);
    }

    @Override
    public long getCount() {
      return map.sizeAsLong();
    }

    @Override
    public boolean isEmpty() {
      return map.isEmpty();
    }

    @Override
    public long getDataSize() {
      return getCount();
    }
  }

  /** Wire version 13 is MongoDB 5.0; drivers of generation 7 refuse anything below 4.2 (version 8). */
  private static final class Version implements MongoVersion {
    @Override
    public List<Integer> getVersionArray() {
      return List.of(5, 0, 0);
    }

    @Override
    public int getWireVersion() {
      return 13;
    }
  }

  private OnusStore() {}

  public static void main(String[] args) {
    if (args.length != 3) {
      System.err.println("usage: OnusStore <data file> <host> <port>");
      System.exit(64);
    }
    CommittingBackend backend = new CommittingBackend(args[0]);
    backend.version(new Version());
    MongoServer server = new MongoServer(backend);
    server.bind(args[1], Integer.parseInt(args[2]));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown, "shutdown"));
    System.out.println("listening on " + args[1] + ":" + args[2]);
  }
}
