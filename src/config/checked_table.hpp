/// A table of the settings whose keys are not those of KnownSettings, such as a task's.
#pragma once
#include <chrono>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "config/setting_node.hpp"
#include "stint/setting.hpp"

namespace stint {

/// Check the keys of a table against a list of what it may hold, once, when it is made: unknown
/// keys with the nearest name, values of a wrong type or range, tables that are none. Must not
/// outlive the node.
class CheckedTable final {
 public:
  /// `title` is how messages name the table: `tasks."backup.nightly"`. Adds a line for each
  /// mistake to `problems`, which must outlive the object. A key of type kTable is not looked into.
  CheckedTable(std::string title, const SettingNode& node, std::span<const SettingSpec> keys,
               std::vector<std::string>& problems);

  bool has(std::string_view key) const { return values_.contains(key); }
  /// Whether the file or variable has the key at all, if not with a value that can be used.
  bool was_given(std::string_view key) const;
  /// The value of a key in its plain form; null if there is none.
  const json& value(std::string_view key) const;
  /// The table of a key of type kTable, or the value of any key with its place; null if there is
  /// none.
  const SettingNode* node(std::string_view key) const;

  template <typename T>
  void read(std::string_view key, T& to) const {
    if (has(key)) to = value(key).get<T>();
  }
  void read(std::string_view key, std::chrono::milliseconds& to) const;

  const std::string& title() const { return title_; }
  /// Add a mistake of the whole table, or of one key, whose name is before `text`.
  void problem(std::string_view text) const;
  void problem(std::string_view key, std::string_view text) const;

 private:
  void take(const std::string& key, const SettingNode& child, std::span<const SettingSpec> keys);

  const std::string title_;
  const SettingNode& node_;
  std::vector<std::string>& problems_;
  std::map<std::string, json, std::less<>> values_;
};

}  // namespace stint
