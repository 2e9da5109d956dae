/// Load settings from texts, for tests.
#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "config/load_settings.hpp"
#include "stint/setting.hpp"
#include "stint/settings.hpp"

namespace stint::testing {

using Variables = std::map<std::string, std::string>;

struct Loaded {
  Settings settings;
  std::vector<std::string> problems;
};

inline Loaded load(const LoadOptions& options, std::span<const SettingSpec> declared = {},
                   UnknownSettings unknown = UnknownSettings::kRefused) {
  Loaded loaded;
  loaded.settings = read_settings(options, declared, unknown, loaded.problems);
  return loaded;
}

/// Options that read this text and these variables and nothing of the machine's own.
inline LoadOptions from_toml(std::string_view toml, Variables environment = {}) {
  return {.toml = std::string{toml}, .environment = std::move(environment)};
}

inline std::vector<std::string> problems_of(std::string_view toml, Variables environment = {},
                                            std::span<const SettingSpec> declared = {}) {
  return load(from_toml(toml, std::move(environment)), declared).problems;
}

/// The keys that a program of the tests declares.
inline std::vector<SettingSpec> warehouse_settings() {
  using namespace std::chrono_literals;
  return {
      Setting::of<std::string>("warehouse.url").required().help("where it answers").spec(),
      (Setting::of<std::chrono::seconds>("warehouse.timeout").range(1s, 60s) = 5s).spec(),
      Setting::of<int>("warehouse.port").range(1, 65535).spec(),
      Setting::of<std::string>("warehouse.token").secret().spec(),
      Setting::of<std::vector<std::string>>("warehouse.shelves").spec(),
      Setting::of<json>("warehouse.extra").spec(),
  };
}

}  // namespace stint::testing
