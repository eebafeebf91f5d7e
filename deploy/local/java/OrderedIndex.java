import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.backend.Utils;
import de.bwaldvogel.mongo.backend.ValueComparator;
import de.bwaldvogel.mongo.bson.Document;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * An index that is not unique, in the order of its keys, kept in memory: the library has none, and asks for
 * the whole collection instead. It is made anew from the documents when the store opens, so that there is
 * nothing on disk that could differ from them. An array is in it once for each element.
 */
final class OrderedIndex extends Index<Object> {

  /**
   * Values of the index's fields with the document's position; or the first few values of it as the edge of
   * a range, before (-1) or behind (1) all that begin with them.
   */
  record Key(Object[] values, Object position, int edge) {
    static Key edge(List<Object> values, int edge) {
      return new Key(values.toArray(), null, edge);
    }
  }

  private final Comparator<Object> ascending = ValueComparator.ascWithoutListHandling();
  private final ConcurrentSkipListMap<Key, Object> entries = new ConcurrentSkipListMap<>(this::compare);
  private final String[] fields;
  private final boolean[] descending;
  private final boolean[] arrays;

  OrderedIndex(String name, List<IndexKey> keys, boolean sparse) {
    super(name, keys, sparse);
    fields = keys.stream().map(IndexKey::getKey).toArray(String[]::new);
    descending = new boolean[fields.length];
    for (int at = 0; at < fields.length; at++) {
      descending[at] = !keys.get(at).isAscending();
    }
    arrays = new boolean[fields.length];
  }

  int size() {
    return fields.length;
  }

  String field(int at) {
    return fields[at];
  }

  boolean isDescending(int at) {
    return descending[at];
  }

  /** Whether a document ever had an array in this field. */
  boolean hasArrays(int at) {
    return arrays[at];
  }

  boolean hasArrays() {
    for (boolean array : arrays) {
      if (array) {
        return true;
      }
    }
    return false;
  }

  /** Entries between two edges, in the index's order or against it. */
  NavigableMap<Key, Object> between(Key from, Key to, boolean reversed) {
    if (compare(from, to) > 0) {
      return Collections.emptyNavigableMap();
    }
    NavigableMap<Key, Object> range = entries.subMap(from, true, to, true);
    return reversed ? range.descendingMap() : range;
  }

  /** The order of two entries by the fields from one on. */
  int compareFrom(int first, Key left, Key right) {
    for (int at = first; at < fields.length; at++) {
      int order = compareAt(at, left, right);
      if (order != 0) {
        return order;
      }
    }
    return compareValues(left.position, right.position);
  }

  private int compareAt(int at, Key left, Key right) {
    int order = compareValues(left.values[at], right.values[at]);
    return descending[at] ? -order : order;
  }

  /** Most values are strings, and neighbours share theirs; the library's comparator asks for many types first. */
  private int compareValues(Object left, Object right) {
    if (left == right) {
      return 0;
    }
    return left instanceof String one && right instanceof String other
        ? one.compareTo(other)
        : ascending.compare(left, right);
  }

  private int compare(Key left, Key right) {
    int both = Math.min(left.values.length, right.values.length);
    for (int at = 0; at < both; at++) {
      int order = compareAt(at, left, right);
      if (order != 0) {
        return order;
      }
    }
    if (left.edge != 0 || right.edge != 0) {
      return Integer.compare(left.edge, right.edge);
    }
    return compareValues(left.position, right.position);
  }

  static Object normalized(Object value) {
    return new KeyValue(Collections.singletonList(value)).normalized().get(0);
  }

  private List<Key> keysOf(Document document) {
    List<Object[]> rows = new ArrayList<>();
    rows.add(new Object[fields.length]);
    for (int at = 0; at < fields.length; at++) {
      Object value = Utils.getSubdocumentValueCollectionAware(document, fields[at]);
      if (value instanceof Collection<?> many) {
        arrays[at] = true;
        List<Object[]> more = new ArrayList<>();
        for (Object element : many.isEmpty() ? Collections.singletonList(null) : many) {
          for (Object[] row : rows) {
            Object[] copy = row.clone();
            copy[at] = normalized(element);
            more.add(copy);
          }
        }
        rows = more;
      } else {
        for (Object[] row : rows) {
          row[at] = normalized(value);
        }
      }
    }
    Object position = getPosition(document);
    return rows.stream().map(row -> new Key(row, position, 0)).toList();
  }

  /** Documents are kept under their ids. */
  @Override
  public Object getPosition(Document document) {
    return document.get("_id");
  }

  @Override
  public void add(Document document, Object position, MongoCollection<Object> collection) {
    for (Key key : keysOf(document)) {
      Key before = entries.lowerKey(key);
      // Neighbours begin alike: one copy of what they share is enough.
      for (int at = 0; before != null && at < fields.length; at++) {
        if (key.values[at] == null || !key.values[at].equals(before.values[at])) {
          break;
        }
        key.values[at] = before.values[at];
      }
      entries.put(key, position);
    }
  }

  @Override
  public Object remove(Document document) {
    for (Key key : keysOf(document)) {
      entries.remove(key);
    }
    return getPosition(document);
  }

  @Override
  public void updateInPlace(
      Document before, Document after, Object position, MongoCollection<Object> collection) {
    if (nullAwareEqualsKeys(before, after)) {
      return;
    }
    remove(before);
    add(after, position, collection);
  }

  @Override
  public void checkAdd(Document document, MongoCollection<Object> collection) {}

  @Override
  public void checkUpdate(Document before, Document after, MongoCollection<Object> collection) {}

  /** The collection plans by itself; see IndexedCollection. */
  @Override
  public boolean canHandle(Document query) {
    return false;
  }

  @Override
  public Iterable<Object> getPositions(Document query) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isEmpty() {
    return entries.isEmpty();
  }

  @Override
  public long getCount() {
    return entries.size();
  }

  @Override
  public long getDataSize() {
    return getCount();
  }

  @Override
  public void drop() {
    entries.clear();
  }
}
