import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.util.List;

/**
 * The embedded stand-in for MongoDB, for trying and testing Onus on a machine without a mongod.
 *
 * <p>Usage: {@code java -cp ... OnusStore <data file> <host> <port>}. It differs from the library's own
 * server in two ways: it commits to the file before it answers, so that an acknowledged write survives a
 * killed process, and it names a wire version that current drivers accept.
 */
public final class OnusStore {

  /** Commits whatever a message changed before its answer leaves. */
  private static final class CommittingBackend extends H2Backend {
    CommittingBackend(String file) {
      super(file);
    }

    @Override
    public Document handleMessage(MongoMessage message) {
      Document answer = super.handleMessage(message);
      commit();
      return answer;
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
