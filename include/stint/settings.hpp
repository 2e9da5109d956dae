/// Read the settings: the command line over the environment over the file over the defaults.
#pragma once
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include <nlohmann/json_fwd.hpp>

namespace stint {

class ModuleDefinition;

namespace detail {
struct SettingsState;

template <typename T>
inline constexpr bool is_chrono_duration = false;
template <typename Rep, typename Period>
inline constexpr bool is_chrono_duration<std::chrono::duration<Rep, Period>> = true;
}  // namespace detail

/// Hold the settings of a program. Immutable, cheap to copy, safe to share between threads.
///
/// Keys carry their tables: `settings.get<std::string>("one_instance.backend")`. T is bool, any
/// integer, double, std::string, std::vector<std::string>, a chrono duration, or stint::json for a
/// whole table.
class Settings {
 public:
  /// Hold the defaults alone; neither file nor environment is read.
  Settings();

  /// Return the value of a key. Throws Error (kConfiguration) that names the key if it has no value
  /// and no default, or a value of another type.
  template <typename T>
  T get(std::string_view key) const {
    std::optional<T> value = find<T>(key);
    if (!value) throw_not_set(key);
    return *std::move(value);
  }

  /// Return the value of a key, or nothing if it has neither value nor default. Throws as `get` for
  /// a value of another type. A duration is cut off to whole units of T.
  template <typename T>
  std::optional<T> find(std::string_view key) const {
    if constexpr (detail::is_chrono_duration<T>) {
      std::chrono::nanoseconds value{};
      if (!read(key, value)) return std::nullopt;
      return std::chrono::duration_cast<T>(value);
    } else if constexpr (std::integral<T> && !std::same_as<T, bool>) {
      std::int64_t value = 0;
      if (!read(key, value)) return std::nullopt;
      if (!std::in_range<T>(value)) throw_out_of_range(key, value);
      return static_cast<T>(value);
    } else if constexpr (std::floating_point<T>) {
      double value = 0;
      if (!read(key, value)) return std::nullopt;
      return static_cast<T>(value);
    } else {
      T value{};
      if (!read(key, value)) return std::nullopt;
      return value;
    }
  }

  /// Tell whether a key has a value or a default.
  bool has(std::string_view key) const;

  /// Tell where the value of a key came from: "command line", "environment STINT_X",
  /// "stint.toml:12", "default", or "not set".
  std::string source(std::string_view key) const;

  /// List the names directly below a table: `names("stores")` has "default" and the names of the
  /// other stores. In alphabetical order; empty for a table that has nothing.
  std::vector<std::string> names(std::string_view table) const;

  /// The file that was read, as it was named; empty if there was none.
  const std::string& file() const;

  /// For the library's own code; the type is not public.
  explicit Settings(std::shared_ptr<const detail::SettingsState> state);
  const detail::SettingsState& state() const { return *state_; }

 private:
  bool read(std::string_view key, bool& to) const;
  bool read(std::string_view key, std::int64_t& to) const;
  bool read(std::string_view key, double& to) const;
  bool read(std::string_view key, std::string& to) const;
  bool read(std::string_view key, std::vector<std::string>& to) const;
  bool read(std::string_view key, std::chrono::nanoseconds& to) const;
  bool read(std::string_view key, nlohmann::json& to) const;
  [[noreturn]] void throw_not_set(std::string_view key) const;
  [[noreturn]] void throw_out_of_range(std::string_view key, std::int64_t value) const;

  std::shared_ptr<const detail::SettingsState> state_;  // never null
};

/// Say where settings come from.
struct LoadOptions {
  /// The TOML file; it must exist. Empty: the file that STINT_SETTINGS names (it must exist too),
  /// else
  /// ./stint.toml, else stint/stint.toml in the user's configuration folder ($XDG_CONFIG_HOME, by
  /// default
  /// ~/.config), else none.
  std::string file = {};
  /// TOML text that is used in place of any file, for tests and for programs that carry their
  /// settings.
  std::optional<std::string> toml = {};
  /// Keys and their values as text, as they came from the command line; they win over all else.
  std::vector<std::pair<std::string, std::string>> command_line = {};
  /// Read the environment twins: STINT_ONE_INSTANCE_BACKEND for `[one_instance] backend`,
  /// STINT_LOGGING with a JSON object for the whole table. A variable that is empty counts as not
  /// set.
  bool use_environment = true;
  /// Read these variables in place of the process's own environment, HOME and XDG_* included.
  std::optional<std::map<std::string, std::string>> environment = {};
};

/// Read the settings. Throws ConfigurationError with every problem at once: unknown keys with the
/// nearest name, values of the wrong type or out of range, a file that is missing, unreadable or no
/// TOML.
///
/// With modules, the keys that they declare are known too and the check is strict. Without, tables
/// that the library does not know are kept unchecked until a Worker, or `stint::main`, checks them
/// against its modules' declarations.
Settings load_settings(std::initializer_list<ModuleDefinition> modules = {});
Settings load_settings(const LoadOptions& options,
                       std::initializer_list<ModuleDefinition> modules = {});

}  // namespace stint
