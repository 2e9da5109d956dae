#include "app/module_place.hpp"
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "base/nearest.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".so";

[[noreturn]] void refuse_place(const std::string& why) {
  throw Error{ErrorCode::kConfiguration, why};
}
[[noreturn]] void refuse_file(std::string_view path, const std::string& why) {
  refuse_place(fmt::format("module file {} {}", path, why));
}

std::string user(uid_t id) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(id, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return fmt::format("user {}", id);
}

/// What is wrong with the owner or the mode; empty: nothing.
std::string distrust(const struct stat& of, bool may_be_sticky) {
  if (of.st_uid != 0 && of.st_uid != ::geteuid()) {
    return fmt::format("belongs to {}, not to root or {}: who owns it could put any code there",
                       user(of.st_uid), user(::geteuid()));
  }
  // With an access control list, the group's bits are the most that the list gives anybody.
  if ((of.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (!may_be_sticky || (of.st_mode & S_ISVTX) == 0)) {
    return fmt::format("can be written by others than its owner (mode {:04o}): `chmod go-w` it",
                       of.st_mode & 07777U);
  }
  return {};
}

/// Follow all links; nothing if there is no such file.
std::optional<std::string> real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real{::realpath(path.c_str(), nullptr),
                                                         &std::free};
  if (!real) return std::nullopt;
  return real.get();
}

/// Open a folder whose path has no links, step by step from the root, and check each step.
UniqueFd open_folder(const std::string& path, std::string_view for_file) {
  constexpr int kHow = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd folder{::open("/", kHow)};
  std::string so_far = "/";
  const fs::path whole{path};
  const auto check = [&](bool is_last) {
    struct stat found{};
    const std::string why = !folder || ::fstat(folder.get(), &found) != 0
                                ? fmt::format("cannot be opened: {}", std::strerror(errno))
                                : distrust(found, !is_last);
    if (!why.empty()) {
      refuse_file(for_file, fmt::format("is not loaded: the folder {} {}", so_far, why));
    }
  };
  check(whole == "/");
  for (auto step = std::next(whole.begin()); step != whole.end(); ++step) {
    so_far = (fs::path{so_far} / *step).string();
    folder.reset(::openat(folder.get(), step->c_str(), kHow));
    check(std::next(step) == whole.end());
  }
  return folder;
}

/// The names of the module files in a folder, without their ending.
void add_names(const std::string& folder, std::vector<std::string>& names) {
  std::error_code ignored;
  for (fs::directory_iterator entry{folder, ignored}, end; !ignored && entry != end;
       entry.increment(ignored)) {
    if (entry->path().extension() == kEnding) names.push_back(entry->path().stem().string());
  }
}

std::string folder_list(std::span<const std::string> folders) {
  return folders.empty() ? "none" : fmt::format("{}", fmt::join(folders, ", "));
}

/// The path of a module that is given by its name alone.
std::string find_in_folders(std::string_view name, std::span<const std::string> folders) {
  std::string stem{name};
  if (stem.ends_with(kEnding)) stem.resize(stem.size() - kEnding.size());
  for (const std::string& folder : folders) {
    std::string path = fmt::format("{}/{}{}", folder, stem, kEnding);
    struct stat found{};
    if (::lstat(path.c_str(), &found) == 0) return path;
    if (errno != ENOENT && errno != ENOTDIR) {
      refuse_file(path, fmt::format("cannot be looked at: {}", std::strerror(errno)));
    }
  }
  const std::vector<std::string> known = module_names(folders);
  std::string there;
  if (!known.empty()) there = fmt::format("; there are {}", fmt::join(known, ", "));
  refuse_place(fmt::format(
      "there is no module \"{}\": no {}{} in the folders of modules ({}){}{}; to load a file from "
      "elsewhere, add its folder to [modules] directories or STINT_MODULES_DIRECTORIES",
      stem, stem, kEnding, folder_list(folders), did_you_mean(stem, known), there));
}

[[noreturn]] void refuse_missing(const std::string& path, int error) {
  if (error != ENOENT && error != ENOTDIR) {
    refuse_file(path, fmt::format("cannot be opened: {}", std::strerror(error)));
  }
  const fs::path whole{path};
  const std::string folder = whole.has_parent_path() ? whole.parent_path().string() : ".";
  std::vector<std::string> known;
  add_names(folder, known);
  for (std::string& name : known) name += kEnding;
  refuse_file(path,
              fmt::format("does not exist{}", did_you_mean(whole.filename().string(), known)));
}

void check_listed(const std::string& given, const std::string& real,
                  std::span<const std::string> folders) {
  const std::string folder = fs::path{real}.parent_path().string();
  const bool is_listed = std::ranges::any_of(
      folders, [&](const std::string& one) { return real_path(one) == std::optional{folder}; });
  if (is_listed) return;
  const std::string link =
      fs::path{given}.lexically_normal() == fs::path{real} ? "" : fmt::format("is {}, and ", real);
  refuse_file(given, fmt::format("{}is in none of the folders of modules ({}): add {} to [modules] "
                                 "directories or STINT_MODULES_DIRECTORIES",
                                 link, folder_list(folders), folder));
}

}  // namespace

void check_module_descriptor(int descriptor, std::string_view path) {
  struct stat file{};
  if (::fstat(descriptor, &file) != 0) {
    refuse_file(path, fmt::format("cannot be looked at: {}", std::strerror(errno)));
  }
  if (!S_ISREG(file.st_mode)) {
    refuse_file(path, S_ISDIR(file.st_mode) ? "is a folder" : "is no regular file");
  }
  const std::string why = distrust(file, false);
  if (!why.empty()) refuse_file(path, fmt::format("is not loaded: it {}", why));
}

std::vector<std::string> module_names(std::span<const std::string> folders) {
  std::vector<std::string> names;
  for (const std::string& folder : folders) add_names(folder, names);
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

ModuleFile open_module(std::string_view name, std::span<const std::string> folders) {
  if (name.empty() || name.find('\0') != std::string_view::npos) {
    refuse_place("a module has a name, or a file");
  }
  const std::string given =
      name.find('/') == std::string_view::npos ? find_in_folders(name, folders) : std::string{name};
  const std::optional<std::string> real = real_path(given);
  if (!real) refuse_missing(given, errno);
  check_listed(given, *real, folders);
  const fs::path path{*real};
  const UniqueFd folder = open_folder(path.parent_path().string(), given);
  // A pipe without a writer must not hold us up; it is refused below.
  UniqueFd file{::openat(folder.get(), path.filename().c_str(),
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
  if (!file) refuse_missing(*real, errno);
  check_module_descriptor(file.get(), given);
  return {.path = *real, .descriptor = std::move(file)};
}

}  // namespace stint
