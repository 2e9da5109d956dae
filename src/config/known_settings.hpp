/// All keys that a program knows: the library's and those that its modules declare.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "stint/setting.hpp"

namespace stint {

/// The environment variable of a key or table: "one_instance.backend" has
/// STINT_ONE_INSTANCE_BACKEND, "stores.default" has STINT_STORE.
std::string environment_twin(std::string_view key);

/// Tell whether a variable that begins with STINT_ is no twin of a setting, but used in another
/// way.
bool is_special_variable(std::string_view variable);

/// Tell whether a key can only be of a backend that a module declares: "one_instance.mine.url".
bool is_of_own_backend(std::string_view key);

/// Immutable once made.
class KnownSettings final {
 public:
  /// Join the library's keys with `declared`. Adds a line for each declaration that cannot hold: a
  /// name of the library's own, two declarations of one key that differ, two keys of one variable,
  /// a key that is also a table, a default that does not fit. Such a declaration is left out.
  explicit KnownSettings(std::span<const SettingSpec> declared = {},
                         std::vector<std::string>* problems = nullptr);

  /// Everything that is known of a key, by its own name or by a `*`; nothing if it is unknown.
  const SettingSpec* find(std::string_view key) const;
  /// Tell whether some key stands below this one.
  bool is_table(std::string_view key) const;
  /// Find the key or table whose twin a variable is.
  std::optional<std::string> key_of(std::string_view variable) const;

  /// In the order of declaration, the library's first.
  const std::vector<SettingSpec>& specs() const { return specs_; }

  /// Return ` (did you mean ...?)` for an unknown key: a neighbour in its table, or the same name
  /// in another; for an unknown variable a twin.
  std::string suggest_key(std::string_view key) const;
  std::string suggest_variable(std::string_view variable) const;

 private:
  void add(const SettingSpec& spec);
  std::string refuse(const SettingSpec& spec) const;
  std::string refuse_place(const SettingSpec& spec) const;
  std::vector<std::string> names_below(std::string_view table) const;

  std::vector<SettingSpec> specs_;
  std::map<std::string, std::size_t, std::less<>> by_key_;       // to specs_
  std::map<std::string, std::string, std::less<>> by_variable_;  // of keys and of tables
};

}  // namespace stint
