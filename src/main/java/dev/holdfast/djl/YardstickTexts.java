package dev.holdfast.djl;

import dev.holdfast.job.Item;
import java.util.List;
import java.util.stream.Stream;

/**
 * Texts from one word to more than most encoders take, with words of several languages. What few
 * bits do to a vector depends on its length and on how much padding stands beside it.
 */
final class YardstickTexts {

  private static final List<String> SENTENCES =
      List.of(
          "The tide took the nets before anybody was awake.",
          "A rope that held through the night may still break in the morning, when the load shifts.",
          "Order 66-B left the warehouse on 3 March 2021 at 07:45 and weighed 1,250.75 kg.",
          "Der Zug nach Köln fällt heute aus; Ersatzbusse fahren ab Gleis 9.",
          "She asked whether the second opinion had agreed with the first, and nobody answered.",
          "La réunion est reportée à jeudi, faute d'électricité au troisième étage.",
          "if (count == 0) return Optional.empty(); // nothing was found",
          "雨が降ったので、試合は来週になりました。",
          "Prices rose by four percent in the north, and fell by half of that in the south.",
          "Please restart the router, wait for the green light, and write back if it stays dark.");

  private YardstickTexts() {}

  static List<Item> all() {
    String page = String.join(" ", SENTENCES);
    return Stream.of(
            "warm-up",
            SENTENCES.get(3),
            SENTENCES.get(1),
            String.join(" ", SENTENCES.subList(4, 6)),
            String.join(" ", SENTENCES.subList(0, 5)),
            page,
            String.join(" ", page, page, page, page))
        .<Item>map(text -> new Item.Text(null, text))
        .toList();
  }
}
