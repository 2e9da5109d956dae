#include "config/check_settings_together.hpp"
#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string_view>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "base/nearest.hpp"
#include "base/url.hpp"
#include "config/setting_value.hpp"
#include "core/declaration_check.hpp"

namespace stint {
namespace {

using detail::SettingsState;

constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
constexpr std::size_t kLongestName = 63;
constexpr int kMostSlots = 1024;

const SettingEntry* find(const SettingsState& state, std::string_view key) {
  const auto found = state.values.find(key);
  return found == state.values.end() ? nullptr : &found->second;
}

bool is_store_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [&](char c) {
    return kNameCharacters.find(c) != std::string_view::npos;
  });
}

// `default` may name another store in place of a URL.
void follow_default_store(SettingsState& state, std::vector<std::string>& problems) {
  const auto found = state.values.find("stores.default");
  if (found == state.values.end()) return;
  const std::string name = found->second.value.get<std::string>();
  if (looks_like_url(name)) return;
  if (const SettingEntry* named = name == "default" ? nullptr : find(state, "stores." + name)) {
    found->second.value = named->value;
    return;
  }
  std::vector<std::string> names;
  for (const auto& [key, entry] : state.values) {
    if (key.starts_with("stores.") && key != "stores.default") {
      names.push_back(key.substr(std::string_view{"stores."}.size()));
    }
  }
  problems.push_back(fmt::format(
      "{}: stores.default is {}, neither a URL nor a name under [stores]{}; write a URL such as "
      "sqlite:jobs.db or postgresql://host/database",
      found->second.source, shown_value(name, false), did_you_mean(name, names)));
  state.values.erase(found);
}

void check_stores(const SettingsState& state, std::vector<std::string>& problems) {
  constexpr std::string_view kTable = "stores.";
  for (auto it = state.values.lower_bound(kTable);
       it != state.values.end() && it->first.starts_with(kTable); ++it) {
    const auto& [key, entry] = *it;
    if (!is_store_name(std::string_view{key}.substr(kTable.size()))) {
      problems.push_back(
          fmt::format("{}: {} is no name of a store; write 1 to 63 of a-z, A-Z, 0-9, _ and -",
                      entry.source, key));
      continue;
    }
    try {
      parse_url(entry.value.get_ref<const std::string&>());
    } catch (const Error& error) {
      problems.push_back(fmt::format("{}: {}: {}", entry.source, key, error.what()));
    }
  }
}

void check_heartbeat(const SettingsState& state, std::vector<std::string>& problems) {
  const SettingEntry* beat = find(state, "worker.heartbeat");
  const SettingEntry* lease = find(state, "worker.lease");
  if (beat == nullptr || lease == nullptr) return;
  const auto beat_time = duration_of(beat->value);
  const auto lease_time = duration_of(lease->value);
  if (!beat_time || !lease_time || *beat_time <= *lease_time / 2) return;
  // Named by the one that was set: the other may be the default.
  const SettingEntry* set = beat->source == "default" ? lease : beat;
  problems.push_back(fmt::format(
      "{}: worker.heartbeat ({}) is more than half of worker.lease ({}); a worker that misses one "
      "beat would be taken for dead: lengthen the lease or shorten the beat",
      set->source, beat->value.get<std::string>(), lease->value.get<std::string>()));
}

bool is_domain(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (!is_domain_name(text.substr(0, equals))) return false;
  if (equals == std::string_view::npos) return true;
  const std::string_view digits = text.substr(equals + 1);
  int slots = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), slots);
  return error == std::errc{} && end == digits.data() + digits.size() && slots >= 1 &&
         slots <= kMostSlots;
}

void check_domains(const SettingsState& state, std::vector<std::string>& problems) {
  const SettingEntry* domains = find(state, "worker.domains");
  if (domains == nullptr) return;
  if (domains->value.empty()) {
    problems.push_back(fmt::format(
        "{}: worker.domains is empty; name at least one, or leave it out", domains->source));
  }
  std::set<std::string_view> names;
  for (const json& domain : domains->value) {
    const std::string_view text = domain.get_ref<const std::string&>();
    if (is_domain(text)) {
      if (!names.insert(text.substr(0, text.find('='))).second) {
        problems.push_back(fmt::format("{}: worker.domains names {} twice; leave one of them out",
                                       domains->source, shown_value(domain, false)));
      }
      continue;
    }
    problems.push_back(fmt::format(
        "{}: worker.domains holds {}; write \"name\" or \"name=N\", the name of {}, N from 1 to {}",
        domains->source, shown_value(domain, false), kDomainForm, kMostSlots));
  }
}

void check_node(const SettingsState& state, std::vector<std::string>& problems) {
  const SettingEntry* node = find(state, "node");
  if (node == nullptr || is_node_name(node->value.get_ref<const std::string&>())) return;
  problems.push_back(fmt::format("{}: node is {}; write {}", node->source,
                                 shown_value(node->value, false), kNodeForm));
}

void check_log_outputs(const SettingsState& state, std::vector<std::string>& problems) {
  constexpr std::array<std::string_view, 4> kOutputs = {"console", "file", "syslog", "journald"};
  const SettingEntry* outputs = find(state, "logging.outputs");
  if (outputs == nullptr) return;
  if (outputs->value.empty()) {
    problems.push_back(fmt::format("{}: logging.outputs is empty; name at least one of {}",
                                   outputs->source, fmt::join(kOutputs, ", ")));
  }
  for (const json& output : outputs->value) {
    const std::string name = output.get<std::string>();
    if (std::ranges::find(kOutputs, name) == kOutputs.end()) {
      problems.push_back(fmt::format("{}: logging.outputs holds {}{}; write some of {}",
                                     outputs->source, shown_value(name, false),
                                     did_you_mean(name, kOutputs), fmt::join(kOutputs, ", ")));
    } else if (std::ranges::count(outputs->value, output) > 1) {
      problems.push_back(fmt::format("{}: logging.outputs names {} twice; leave one of them out",
                                     outputs->source, shown_value(name, false)));
      return;
    } else if (name == "file" && find(state, "logging.file") == nullptr) {
      problems.push_back(fmt::format(
          "{}: logging.outputs names \"file\", but logging.file is not set", outputs->source));
    }
  }
}

// A line of syslog has the name before a bracket or a colon.
void check_log_ident(const SettingsState& state, std::vector<std::string>& problems) {
  const SettingEntry* ident = find(state, "logging.ident");
  if (ident == nullptr) return;
  const std::string text = ident->value.get<std::string>();
  const bool is_name =
      !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, [](char c) {
        return c > ' ' && c <= '~' && c != '[' && c != ']' && c != ':';
      });
  if (is_name) return;
  problems.push_back(
      fmt::format("{}: logging.ident is {}; write 1 to {} printable ASCII characters, no blank, "
                  "bracket or colon",
                  ident->source, shown_value(text, false), kLongestName));
}

}  // namespace

void check_settings_together(SettingsState& state, std::vector<std::string>& problems) {
  follow_default_store(state, problems);
  check_stores(state, problems);
  check_heartbeat(state, problems);
  check_domains(state, problems);
  check_node(state, problems);
  check_log_outputs(state, problems);
  check_log_ident(state, problems);
}

}  // namespace stint
