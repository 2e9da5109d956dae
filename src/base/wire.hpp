/// Flat binary texts between two processes of one program: numbers and strings, in order.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stint {

/// Write values behind one another.
class WireWriter final {
 public:
  WireWriter& number(std::int64_t value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    text_.append(bytes, sizeof value);
    return *this;
  }
  WireWriter& string(std::string_view value) {
    number(static_cast<std::int64_t>(value.size()));
    text_.append(value);
    return *this;
  }
  WireWriter& strings(const std::vector<std::string>& values) {
    number(static_cast<std::int64_t>(values.size()));
    for (const std::string& value : values) string(value);
    return *this;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Read them in the same order. What is not there reads as 0 or empty and makes `is_good` false:
/// ask once, at the end.
class WireReader final {
 public:
  explicit WireReader(std::string_view text) : rest_(text) {}

  std::int64_t number() {
    std::int64_t value = 0;
    const std::string_view bytes = take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  int integer() { return static_cast<int>(number()); }
  std::string string() {
    const std::int64_t size = number();
    if (size < 0) is_good_ = false;
    return std::string{take(size < 0 ? 0 : static_cast<std::size_t>(size))};
  }
  std::vector<std::string> strings() {
    std::vector<std::string> values;
    const std::int64_t count = number();
    for (std::int64_t i = 0; i < count && is_good_; ++i) values.push_back(string());
    return values;
  }
  /// Whether all was there, and nothing more.
  /// Something was missing already.
  bool has_failed() const { return !is_good_; }
  bool is_good() const { return is_good_ && rest_.empty(); }

 private:
  std::string_view take(std::size_t size) {
    if (!is_good_ || size > rest_.size()) {
      is_good_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool is_good_ = true;
};

}  // namespace stint
