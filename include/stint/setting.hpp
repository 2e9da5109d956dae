/// Declare a key of the user's own in the settings.
#pragma once
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include "stint/json.hpp"
#include "stint/settings.hpp"

namespace stint {

/// What value a key of the settings takes.
enum class SettingType : std::uint8_t {
  kBoolean,
  kInteger,   ///< 64 bits
  kNumber,    ///< a double
  kString,    ///< UTF-8 without NUL
  kDuration,  ///< a number of seconds, or text such as "250ms", "1h30m", "P1D"
  kList,      ///< strings
  kTable,     ///< whatever is below the key, unchecked
};

/// Name a type for messages: "a whole number".
std::string_view to_string(SettingType type);

/// Everything that is known of one key. Durations are in seconds wherever they are numbers here.
struct SettingSpec {
  /// The key with its tables: "warehouse.url". A last part `*` stands for any name.
  std::string key = {};
  SettingType type = SettingType::kString;
  bool required = false;  ///< a program without a value does not start
  std::optional<json> default_value = {};
  std::string help = {};
  bool secret = false;                 ///< shown as *** wherever settings are shown
  std::optional<double> minimum = {};  ///< of numbers and durations
  std::optional<double> maximum = {};
  std::vector<json> choices = {};  ///< empty: any value
};

namespace detail {

/// The C++ types that values of the settings can have.
template <typename T>
concept SettingValue = std::same_as<T, bool> || std::same_as<T, std::string> ||
                       std::same_as<T, std::vector<std::string>> || std::same_as<T, json> ||
                       std::integral<T> || std::floating_point<T> || is_chrono_duration<T>;

template <SettingValue T>
constexpr SettingType setting_type() {
  if constexpr (std::same_as<T, bool>)
    return SettingType::kBoolean;
  else if constexpr (std::integral<T>)
    return SettingType::kInteger;
  else if constexpr (std::floating_point<T>)
    return SettingType::kNumber;
  else if constexpr (is_chrono_duration<T>)
    return SettingType::kDuration;
  else if constexpr (std::same_as<T, std::string>)
    return SettingType::kString;
  else if constexpr (std::same_as<T, json>)
    return SettingType::kTable;
  else
    return SettingType::kList;
}

template <typename Bound>
double bound_number(Bound bound) {
  if constexpr (is_chrono_duration<Bound>)
    return std::chrono::duration<double>(bound).count();
  else
    return static_cast<double>(bound);
}

}  // namespace detail

/// Collect the details of a key: `m.setting<int>("warehouse.port").range(1, 65535).help("...") =
/// 443`. The key gets an environment twin (STINT_WAREHOUSE_PORT) and is checked when the program
/// starts; `Settings::get<int>("warehouse.port")` reads it. A default that does not fit the type,
/// the range or the choices is a problem of the declaration, reported at start too.
class Setting {
 public:
  /// Begin the declaration of a key with a value of type T: bool, any integer, double, std::string,
  /// a chrono duration, std::vector<std::string>, or stint::json for a whole table.
  template <detail::SettingValue T>
  static Setting of(std::string_view key) {
    Setting setting;
    setting.spec_.key = key;
    setting.spec_.type = detail::setting_type<T>();
    if constexpr (std::integral<T> && !std::same_as<T, bool> && sizeof(T) < sizeof(std::int64_t)) {
      setting.range(std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    }
    return setting;
  }

  /// Refuse to start without a value.
  Setting& required() {
    spec_.required = true;
    return *this;
  }
  /// Say in one line what the key is for.
  Setting& help(std::string_view text) {
    spec_.help = text;
    return *this;
  }
  /// Allow only these values.
  template <typename... Values>
  Setting& one_of(Values&&... values) {
    (spec_.choices.push_back(json(std::forward<Values>(values))), ...);
    return *this;
  }
  /// Allow only numbers or durations from `lowest` to `highest`, both included.
  template <typename Bound>
  Setting& range(Bound lowest, std::type_identity_t<Bound> highest) {
    spec_.minimum = detail::bound_number(lowest);
    spec_.maximum = detail::bound_number(highest);
    return *this;
  }
  /// Hide the value wherever settings are shown or named in an error.
  Setting& secret() {
    spec_.secret = true;
    return *this;
  }
  /// Give the default.
  template <typename Value>
    requires(!std::same_as<std::remove_cvref_t<Value>, Setting>)
  Setting& operator=(Value&& value) {
    spec_.default_value = json(std::forward<Value>(value));
    return *this;
  }

  const SettingSpec& spec() const { return spec_; }

 private:
  Setting() = default;

  SettingSpec spec_;
};

}  // namespace stint
