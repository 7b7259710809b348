// What Deequ's Distance says to the cases that record_tools.py hands over, a line each: a kind, then both sides' numbers. Asks for
// no Spark: only Distance, its buckets and its sketch are loaded. record_tools.py says how it is run.

import com.amazon.deequ.analyzers.Distance$;
import com.amazon.deequ.analyzers.QuantileNonSample;
import com.amazon.deequ.metrics.BucketValue;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Arrays;
import scala.collection.immutable.List;
import scala.collection.immutable.List$;
import scala.collection.mutable.HashMap;
import scala.collection.mutable.Map;
import scala.math.Ordering;
import scala.reflect.ClassTag$;

class RecordDeequ {
  private static final Distance$ DISTANCE = Distance$.MODULE$;

  public static void main(String[] words) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] sides = line.substring(2).split("\\|");
      double[] baseline = Arrays.stream(sides[0].trim().split(" ")).mapToDouble(Double::parseDouble).toArray();
      double[] current = Arrays.stream(sides[1].trim().split(" ")).mapToDouble(Double::parseDouble).toArray();
      System.out.println(switch (line.charAt(0)) {
        case 'P' -> "" + DISTANCE.populationStabilityIndex(buckets(current), buckets(baseline));
        case 'C' -> categorical(baseline, current, true) + " " + categorical(baseline, current, false);
        default -> numerical(baseline, current, true) + " " + numerical(baseline, current, false);
      });
    }
  }

  private static List<BucketValue> buckets(double[] counts) {
    List<BucketValue> list = List$.MODULE$.empty();
    for (int i = counts.length - 1; i >= 0; i--) list = list.$colon$colon(new BucketValue(i, i + 1, (long) counts[i]));
    return list;
  }

  private static double categorical(double[] baseline, double[] current, boolean simple) {
    return DISTANCE.categoricalDistance(categories(current), categories(baseline), simple, DISTANCE.categoricalDistance$default$4());
  }

  private static Map<String, Object> categories(double[] counts) {
    HashMap<String, Object> map = new HashMap<>();
    for (int i = 0; i < counts.length; i++) if (counts[i] > 0) map.put("c" + i, (long) counts[i]);
    return map;
  }

  private static double numerical(double[] baseline, double[] current, boolean simple) {
    return DISTANCE.numericalDistance(sketch(current), sketch(baseline), simple, DISTANCE.numericalDistance$default$4());
  }

  /** Larger than any case, so that it forgets nothing. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static QuantileNonSample<Object> sketch(double[] values) {
    QuantileNonSample<Object> sketch =
        new QuantileNonSample(8192, 0.64, (Ordering) Ordering.Double$.MODULE$, ClassTag$.MODULE$.Double());
    for (double value : values) sketch.update((Object) value);
    return sketch;
  }
}
