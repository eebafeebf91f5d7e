import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.ValueComparator;
import de.bwaldvogel.mongo.backend.h2.H2Collection;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.bson.ObjectId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map.Entry;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.h2.mvstore.MVMap;

/**
 * A collection whose queries use ordered indexes as a MongoDB would: fields compared for equality or
 * {@code $in} first, then the order that is asked for, or a range. What an index finds is still matched with
 * the whole query, so a plan decides how much is read and never what is found.
 */
final class IndexedCollection extends H2Collection {

  /** Ranges that are merged at most; a query with more values uses fewer fields. */
  private static final int MOST_RANGES = 256;

  IndexedCollection(
      MongoDatabase database,
      String name,
      CollectionOptions options,
      MVMap<Object, Document> documents,
      MVMap<String, Object> about,
      CursorRegistry cursors) {
    super(database, name, options, documents, about, cursors);
  }

  /** How one index would answer a query. */
  private record Plan(OrderedIndex index, List<List<Object>> prefixes, int depth, int direction, Range range) {
    /** Whether documents come in the order that is asked for. */
    boolean isOrdered() {
      return direction != 0;
    }

    int worth() {
      return 2 * depth + (isOrdered() ? 3 : 0) + (range.isOpen() ? 0 : 1);
    }
  }

  /** Between which values of one field everything is that a query can match; null is open. */
  private record Range(Object least, Object most) {
    static final Range OPEN = new Range(null, null);

    boolean isOpen() {
      return least == null && most == null;
    }
  }

  @Override
  protected QueryResult queryDocuments(
      Document query, Document orderBy, int skip, int limit, int batchSize, Document fields) {
    Plan plan = bestPlan(query, orderBy);
    if (plan == null) {
      return super.queryDocuments(query, orderBy, skip, limit, batchSize, fields);
    }
    Stream<Document> found = positions(plan).map(this::getDocument).filter(Objects::nonNull);
    Comparator<Document> order = plan.isOrdered() ? null : deriveComparator(orderBy);
    return matchDocumentsFromStream(query, found, skip, limit, batchSize, order, fields);
  }

  /** Counts in an index alone where it knows all that is asked for: reading documents is what takes time. */
  @Override
  public int count(Document query, int skip, int limit) {
    if (query != null && !query.isEmpty() && skip == 0 && limit == 0) {
      Plan plan = bestPlan(query, null);
      if (plan != null && isAnsweredBy(plan, query)) {
        return Math.toIntExact(positions(plan).count());
      }
    }
    return super.count(query, skip, limit);
  }

  /** Whether everything in the ranges of a plan matches, so that no document has to be looked at. */
  private static boolean isAnsweredBy(Plan plan, Document query) {
    Set<String> known = new HashSet<>();
    for (int at = 0; at < plan.depth; at++) {
      known.add(plan.index.field(at));
    }
    return !plan.index.hasArrays()
        && plan.range.isOpen()
        && query.entrySet().stream()
            .allMatch(each -> known.contains(each.getKey()) && isNothingButValues(each.getValue()));
  }

  private static boolean isNothingButValues(Object asked) {
    return isPlain(asked)
        || asked instanceof Document operators
            && operators.size() == 1
            && !operators.containsKey("$all")
            && valuesOf(operators) != null;
  }

  /** Null when the id says it, or no index helps. */
  private Plan bestPlan(Document query, Document orderBy) {
    if (orderBy != null && orderBy.containsKey("$natural")) {
      return null;
    }
    Plan best = null;
    for (Index<Object> index : getIndexes()) {
      if (index.canHandle(query)) {
        return null;
      }
      if (index instanceof OrderedIndex ordered && !ordered.isEmpty()) {
        Plan plan = planOf(ordered, query, orderBy);
        if (plan != null && (best == null || plan.worth() > best.worth())) {
          best = plan;
        }
      }
    }
    return best;
  }

  private static Plan planOf(OrderedIndex index, Document query, Document orderBy) {
    List<List<Object>> prefixes = List.of(List.of());
    Set<String> fixed = new HashSet<>();
    int depth = 0;
    for (; depth < index.size(); depth++) {
      List<Object> values = valuesOf(index.field(depth), query);
      if (values == null || prefixes.size() * values.size() > MOST_RANGES) {
        break;
      }
      if (values.size() == 1 && !index.hasArrays(depth)) {
        fixed.add(index.field(depth));
      }
      List<List<Object>> longer = new ArrayList<>();
      for (List<Object> prefix : prefixes) {
        for (Object value : values) {
          List<Object> more = new ArrayList<>(prefix);
          more.add(value);
          longer.add(more);
        }
      }
      prefixes = longer;
    }
    Range range =
        depth < index.size() && !index.hasArrays(depth) ? rangeOf(index.field(depth), query) : Range.OPEN;
    int direction = directionOf(index, depth, fixed, orderBy);
    boolean helps = depth > 0 || !range.isOpen();
    return helps ? new Plan(index, prefixes, depth, direction, range) : null;
  }

  /** 1 when the index's order from a field on is the one asked for, -1 when it is the reverse, else 0. */
  private static int directionOf(OrderedIndex index, int from, Set<String> fixed, Document orderBy) {
    if (orderBy == null || orderBy.isEmpty()) {
      return 1;
    }
    int direction = 0;
    int at = from;
    for (Entry<String, Object> each : orderBy.entrySet()) {
      if (fixed.contains(each.getKey())) {
        continue;
      }
      if (at >= index.size() || !index.field(at).equals(each.getKey()) || index.hasArrays(at)) {
        return 0;
      }
      boolean down = each.getValue() instanceof Number number && number.intValue() < 0;
      int here = down == index.isDescending(at) ? 1 : -1;
      if (direction != 0 && direction != here) {
        return 0;
      }
      direction = here;
      at++;
    }
    return direction == 0 ? 1 : direction;
  }

  private static Stream<Object> positions(Plan plan) {
    boolean reversed = plan.direction < 0;
    List<Iterator<Entry<OrderedIndex.Key, Object>>> ranges = new ArrayList<>();
    for (List<Object> prefix : plan.prefixes) {
      ranges.add(range(plan, prefix, reversed).entrySet().iterator());
    }
    Iterator<Entry<OrderedIndex.Key, Object>> entries =
        ranges.size() == 1 ? ranges.get(0) : merged(plan, ranges, reversed);
    Stream<Object> positions =
        StreamSupport.stream(Spliterators.spliteratorUnknownSize(entries, Spliterator.ORDERED), false)
            .map(Entry::getValue);
    return plan.index.hasArrays() ? positions.distinct() : positions;
  }

  private static NavigableMap<OrderedIndex.Key, Object> range(
      Plan plan, List<Object> prefix, boolean reversed) {
    boolean down = plan.depth < plan.index.size() && plan.index.isDescending(plan.depth);
    Object first = down ? plan.range.most : plan.range.least;
    Object last = down ? plan.range.least : plan.range.most;
    return plan.index.between(edge(prefix, first, -1), edge(prefix, last, 1), reversed);
  }

  private static OrderedIndex.Key edge(List<Object> prefix, Object bound, int edge) {
    List<Object> values = new ArrayList<>(prefix);
    if (bound != null) {
      values.add(bound);
    }
    return OrderedIndex.Key.edge(values, edge);
  }

  private static Iterator<Entry<OrderedIndex.Key, Object>> merged(
      Plan plan, List<Iterator<Entry<OrderedIndex.Key, Object>>> ranges, boolean reversed) {
    record Head(Entry<OrderedIndex.Key, Object> entry, Iterator<Entry<OrderedIndex.Key, Object>> rest) {}
    Comparator<Head> order =
        (a, b) -> plan.index.compareFrom(plan.depth, a.entry.getKey(), b.entry.getKey());
    PriorityQueue<Head> heads = new PriorityQueue<>(reversed ? order.reversed() : order);
    for (Iterator<Entry<OrderedIndex.Key, Object>> rest : ranges) {
      if (rest.hasNext()) {
        heads.add(new Head(rest.next(), rest));
      }
    }
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return !heads.isEmpty();
      }

      @Override
      public Entry<OrderedIndex.Key, Object> next() {
        Head head = heads.remove();
        if (head.rest.hasNext()) {
          heads.add(new Head(head.rest.next(), head.rest));
        }
        return head.entry;
      }
    };
  }

  /** All values, one of which the field has in whatever matches; null when the query does not say. */
  private static List<Object> valuesOf(String field, Document query) {
    if (query.containsKey(field)) {
      List<Object> values = valuesOf(query.get(field));
      if (values != null) {
        return values;
      }
    }
    for (Document part : parts(query, "$and")) {
      List<Object> values = valuesOf(field, part);
      if (values != null) {
        return values;
      }
    }
    return null;
  }

  private static List<Object> valuesOf(Object asked) {
    if (isPlain(asked)) {
      return listOf(asked);
    }
    if (!(asked instanceof Document operators)) {
      return null;
    }
    if (operators.containsKey("$eq") && isPlain(operators.get("$eq"))) {
      return listOf(operators.get("$eq"));
    }
    if (operators.get("$in") instanceof Collection<?> many && many.stream().allMatch(IndexedCollection::isPlain)) {
      List<Object> values = new ArrayList<>();
      for (Object each : many) {
        Object value = OrderedIndex.normalized(each);
        if (!values.contains(value)) {
          values.add(value);
        }
      }
      return values;
    }
    if (operators.get("$all") instanceof Collection<?> all && !all.isEmpty()) {
      Object first = all.iterator().next();
      return isPlain(first) ? listOf(first) : null;
    }
    return null;
  }

  private static List<Object> listOf(Object value) {
    List<Object> values = new ArrayList<>();
    values.add(OrderedIndex.normalized(value));
    return values;
  }

  /** What is compared as it is: no operators, patterns or whole arrays. */
  private static boolean isPlain(Object value) {
    return value == null
        || value instanceof String
        || value instanceof Number
        || value instanceof Boolean
        || value instanceof ObjectId
        || value instanceof UUID
        || value instanceof Instant;
  }

  /** The range of a field in whatever matches; of several alternatives the one around all of them. */
  private static Range rangeOf(String field, Document query) {
    Range range = Range.OPEN;
    if (query.containsKey(field)) {
      range = rangeOf(query.get(field));
    }
    for (Document part : parts(query, "$and")) {
      range = narrower(range, rangeOf(field, part));
    }
    List<Document> alternatives = parts(query, "$or");
    if (!alternatives.isEmpty()) {
      Range around = rangeOf(field, alternatives.get(0));
      for (Document part : alternatives) {
        around = wider(around, rangeOf(field, part));
      }
      range = narrower(range, around);
    }
    return range;
  }

  private static Range rangeOf(Object asked) {
    if (asked != null && isPlain(asked)) {
      Object value = OrderedIndex.normalized(asked);
      return new Range(value, value);
    }
    if (!(asked instanceof Document operators)) {
      return Range.OPEN;
    }
    return new Range(bound(operators, "$gt", "$gte"), bound(operators, "$lt", "$lte"));
  }

  private static Object bound(Document operators, String... names) {
    for (String name : names) {
      Object value = operators.get(name);
      if (value != null && isPlain(value)) {
        return OrderedIndex.normalized(value);
      }
    }
    return null;
  }

  private static Range narrower(Range a, Range b) {
    return new Range(a.least == null ? b.least : a.least, a.most == null ? b.most : a.most);
  }

  private static Range wider(Range a, Range b) {
    return new Range(outer(a.least, b.least, -1), outer(a.most, b.most, 1));
  }

  private static Object outer(Object a, Object b, int side) {
    if (a == null || b == null) {
      return null;
    }
    int order = ValueComparator.asc().compare(a, b);
    return order * side >= 0 ? a : b;
  }

  private static List<Document> parts(Document query, String name) {
    List<Document> parts = new ArrayList<>();
    if (query.get(name) instanceof Collection<?> many) {
      for (Object each : many) {
        if (each instanceof Document part) {
          parts.add(part);
        }
      }
    }
    return parts;
  }
}
