#include "config/settings_sources.hpp"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <fmt/format.h>
#include "base/host.hpp"
#include "base/unique_fd.hpp"
#include "base/url.hpp"
#include "base/user_folder.hpp"
#include "base/utf8.hpp"
#include "config/known_settings.hpp"

namespace stint {
namespace {

using Environment = std::map<std::string, std::string>;

constexpr std::string_view kDefaultFile = "stint.toml";
constexpr std::size_t kLargestFile = std::size_t{4} << 20U;

Environment process_environment() {
  Environment result;
  for (char** variable = ::environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text{*variable};
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      result.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return result;
}

// The value, or an empty text if it is not set: the two are the same here.
std::string value_of(const Environment& environment, const std::string& variable) {
  const auto found = environment.find(variable);
  return found == environment.end() ? std::string{} : found->second;
}

struct FileText {
  std::string text;
  int error = 0;  // an errno; 0: read
};

FileText read_file(const std::string& path) {
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return {.text = {}, .error = errno};
  FileText result;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count == 0) return result;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return {.text = {}, .error = errno};
    result.text.append(buffer.data(), static_cast<std::size_t>(count));
    if (result.text.size() > kLargestFile) return {.text = {}, .error = EFBIG};
  }
}

class Reader final {
 public:
  Reader(const LoadOptions& options, std::vector<std::string>& problems)
      : options_(options),
        problems_(problems),
        environment_(options.environment ? *options.environment : process_environment()) {}

  std::shared_ptr<const SettingsSources> read() {
    add_defaults();
    if (options_.toml) {
      parse(*options_.toml, std::string{kDefaultFile});
    } else {
      find_file();
    }
    if (options_.use_environment) add_environment();
    sources_->command_line = options_.command_line;
    return std::move(sources_);
  }

 private:
  std::string folder_of(const std::string& variable, std::string_view below_home) const {
    return user_folder(value_of(environment_, variable), value_of(environment_, "HOME"),
                       below_home);
  }

  void add_defaults() {
    if (std::string name = host_name(); !name.empty()) sources_->defaults["node"] = std::move(name);
    const std::string state = folder_of("XDG_STATE_HOME", ".local/state");
    if (!state.empty() && is_valid_utf8(state)) {
      sources_->defaults["stores.default"] = "sqlite:" + encode_url_path(state + "/stint/jobs.db");
      sources_->defaults["one_instance.flock.directory"] = state + "/stint/locks";
      sources_->defaults["liveness.file.directory"] = state + "/stint/liveness";
    }
  }

  void add_environment() {
    for (const auto& [variable, text] : environment_) {
      if (!variable.starts_with("STINT_") || text.empty() || is_special_variable(variable))
        continue;
      sources_->environment.emplace_back(variable, text);
    }
  }

  void find_file() {
    if (!options_.file.empty()) {
      read_named(options_.file, "");
      return;
    }
    const std::string named =
        options_.use_environment ? value_of(environment_, "STINT_SETTINGS") : std::string{};
    if (!named.empty()) {
      read_named(named, "environment STINT_SETTINGS: ");
      return;
    }
    if (read_optional(std::string{kDefaultFile})) return;
    const std::string folder = folder_of("XDG_CONFIG_HOME", ".config");
    if (!folder.empty()) read_optional(folder + "/stint/" + std::string{kDefaultFile});
  }

  void read_named(const std::string& path, std::string_view named_by) {
    FileText file = read_file(path);
    if (file.error == 0) {
      parse(file.text, path);
    } else {
      refuse(path, file.error, named_by, "name a readable file, or none");
    }
  }

  /// Tell whether the file is there.
  bool read_optional(const std::string& path) {
    FileText file = read_file(path);
    if (file.error == ENOENT || file.error == ENOTDIR) return false;
    if (file.error == 0) {
      parse(file.text, path);
    } else {
      refuse(path, file.error, "", "make it readable, or name another one by -s");
    }
    return true;
  }

  void refuse(const std::string& path, int error, std::string_view named_by,
              std::string_view way_out) {
    problems_.push_back(fmt::format("{}the settings file \"{}\" cannot be read: {}; {}", named_by,
                                    sanitize_text(path), std::strerror(error), way_out));
  }

  void parse(const std::string& text, const std::string& path) {
    sources_->file_name = sanitize_text(path);
    if (std::optional<SettingNode> tree = parse_toml(text, sources_->file_name, problems_)) {
      sources_->file = *std::move(tree);
    }
  }

  const LoadOptions& options_;
  std::vector<std::string>& problems_;
  Environment environment_;
  std::shared_ptr<SettingsSources> sources_ = std::make_shared<SettingsSources>();
};

}  // namespace

std::shared_ptr<const SettingsSources> read_sources(const LoadOptions& options,
                                                    std::vector<std::string>& problems) {
  return Reader{options, problems}.read();
}

}  // namespace stint
