/// Results as JSON, one object a line.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace stint::cli {

/// Write text as a JSON string; what is no UTF-8 becomes U+FFFD.
std::string json_string(std::string_view text);

/// Build one object, its members in the order in which they are added.
class JsonLine {
 public:
  JsonLine& text(std::string_view name, std::string_view value);
  /// Add a string, or null for an empty one.
  JsonLine& text_or_null(std::string_view name, std::string_view value);
  JsonLine& number(std::string_view name, std::int64_t value);
  JsonLine& number(std::string_view name, std::optional<double> value);
  JsonLine& boolean(std::string_view name, bool value);
  JsonLine& list(std::string_view name, std::span<const std::string> values);
  /// Add what is JSON already; `otherwise` stands for an empty text.
  JsonLine& raw(std::string_view name, std::string_view value, std::string_view otherwise = "null");

  /// The whole object, without a line's end.
  std::string str() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

}  // namespace stint::cli
