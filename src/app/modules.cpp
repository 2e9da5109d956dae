#include "app/modules.hpp"
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <fmt/format.h>
#include "app/module_files.hpp"
#include "app/module_place.hpp"
#include "base/utf8.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDirectories = "modules.directories";
constexpr std::string_view kLoad = "modules.load";

/// Empty: not known.
std::string home_folder() {
  const char* const home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): before threads
  return home != nullptr && *home == '/' ? home : "";
}

/// Those of the installation that the program belongs to come before the user's.
std::vector<std::string> default_folders() {
  std::vector<std::string> folders;
  std::error_code failure;
  const fs::path program = fs::read_symlink("/proc/self/exe", failure);
  if (!failure) {
    folders.push_back((program.parent_path() / STINT_MODULES_FROM_PROGRAM).lexically_normal());
  }
  if (const std::string home = home_folder(); !home.empty()) {
    folders.push_back(home + "/.local/lib/stint/modules");
  }
  return folders;
}

std::vector<std::string> list_of(const Settings& settings, std::string_view key) {
  return settings.find<std::vector<std::string>>(key).value_or(std::vector<std::string>{});
}

/// An absolute path of what the settings name; nothing if it is none.
std::optional<std::string> absolute(const std::string& path) {
  if (path.starts_with('/')) return path;
  const std::string home = home_folder();
  if (path.starts_with("~/") && !home.empty()) return home + path.substr(1);
  return std::nullopt;
}

void add_relative(const Settings& settings, std::string_view key, std::string_view path,
                  std::vector<std::string>& problems) {
  problems.push_back(fmt::format(
      "{}: {}: \"{}\" depends on where the program is started: write a path that begins "
      "with / or ~/",
      settings.source(key), key, sanitize_text(path)));
}

/// What is to be loaded, and for messages where that is said.
struct Wanted {
  std::string name;
  std::string source;
};

std::vector<Wanted> wanted_modules(const Settings& settings, std::span<const std::string> asked,
                                   std::vector<std::string>& problems) {
  std::vector<Wanted> wanted;
  for (const std::string& name : list_of(settings, kLoad)) {
    const bool is_path = name.find('/') != std::string::npos;
    const std::optional<std::string> path = is_path ? absolute(name) : name;
    if (path) {
      wanted.push_back({*path, fmt::format("{}: {}", settings.source(kLoad), kLoad)});
    } else {
      add_relative(settings, kLoad, name, problems);
    }
  }
  for (const std::string& name : asked) wanted.push_back({name, "--module"});
  return wanted;
}

/// Which file, or what else, each module is from.
class Origins final {
 public:
  explicit Origins(std::span<const ModuleDefinition> own) {
    for (const ModuleDefinition& module : own) files_.emplace(module.name(), "this program");
  }

  /// A phrase that says where else such a module is; empty: nowhere.
  std::string note(std::string_view module, const std::string& file) {
    const auto [at, is_new] = files_.emplace(module, file);
    return is_new ? std::string{}
                  : fmt::format("module \"{}\" is in {} and in {}: load one of them",
                                sanitize_text(module), at->second, file);
  }

 private:
  std::map<std::string, std::string, std::less<>> files_;
};

}  // namespace

std::vector<std::string> module_folders(const Settings& settings, SettingsFile file,
                                        std::vector<std::string>& problems) {
  if (!settings.has(kDirectories)) return default_folders();
  const std::string source = settings.source(kDirectories);
  if (file == SettingsFile::kFound && source.starts_with(settings.file() + ":")) {
    problems.push_back(fmt::format(
        "{}: {}: a file that only lies in the working folder cannot say where code is loaded from: "
        "name it by --settings or STINT_SETTINGS",
        source, kDirectories));
    return {};
  }
  std::vector<std::string> folders;
  for (const std::string& folder : list_of(settings, kDirectories)) {
    if (std::optional<std::string> path = absolute(folder)) {
      folders.push_back(*std::move(path));
    } else {
      add_relative(settings, kDirectories, folder, problems);
    }
  }
  return folders;
}

std::vector<ModuleDefinition> load_modules(const Settings& settings, SettingsFile file,
                                           std::span<const std::string> asked,
                                           std::span<const ModuleDefinition> own,
                                           std::vector<std::string>& problems) {
  const std::vector<Wanted> wanted = wanted_modules(settings, asked, problems);
  if (wanted.empty()) return {};
  const std::size_t known_problems = problems.size();
  const std::vector<std::string> folders = module_folders(settings, file, problems);
  if (problems.size() > known_problems) return {};
  std::vector<ModuleDefinition> modules;
  std::vector<std::string> loaded;
  Origins origins{own};
  for (const Wanted& one : wanted) {
    try {
      ModuleFile found = open_module(one.name, folders);
      const std::string path = found.path;
      if (std::ranges::find(loaded, path) != loaded.end()) continue;
      loaded.push_back(path);
      for (const ModuleDefinition& module : load_module_file(std::move(found))) {
        if (const std::string twice = origins.note(module.name(), path); !twice.empty()) {
          problems.push_back(fmt::format("{}: {}", one.source, twice));
        } else {
          modules.push_back(module);
        }
      }
    } catch (const Error& error) {
      problems.push_back(fmt::format("{}: {}", one.source, error.what()));
    }
  }
  return modules;
}

}  // namespace stint
