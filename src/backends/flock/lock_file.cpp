#include "backends/flock/lock_file.hpp"
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <fmt/format.h>
#include "base/file_name.hpp"
#include "base/network_disk.hpp"
#include "base/utf8.hpp"
#include "stint/error.hpp"
#include "stint/json.hpp"

namespace stint::flock_lock {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 200;  // with its ending it stays below what file systems take
constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;

[[noreturn]] void fail(ErrorCode code, const std::string& what, int error) {
  throw Error{
      code,
      fmt::format("{}: {}", what, std::error_code{error, std::generic_category()}.message()),
      {.retryable = code == ErrorCode::kUnavailable,
       .backend = "flock",
       .native_code = std::to_string(error)}};
}

std::string checked_file_name(std::string_view key) {
  std::string name = file_name_of(key);
  if (name.empty() || name.size() > kLongestName) {
    throw Error{ErrorCode::kConfiguration,
                fmt::format("the key \"{}\" of a lock gives no file's name: it must not be empty, "
                            "nor longer than {} bytes once written as one",
                            sanitize_text(key), kLongestName)};
  }
  return name;
}

void make_folder(const std::string& folder) {
  std::error_code error;
  const fs::path parent = fs::path{folder}.parent_path();
  if (!parent.empty()) fs::create_directories(parent, error);
  if (::mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    fail(ErrorCode::kConfiguration, fmt::format("cannot make the folder of locks {}", folder),
         errno);
  }
  struct stat found{};
  if (::stat(folder.c_str(), &found) != 0) {
    fail(ErrorCode::kConfiguration, fmt::format("cannot use the folder of locks {}", folder),
         errno);
  }
  const bool is_trusted = found.st_uid == ::geteuid() || found.st_uid == 0;
  if (!is_trusted || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    throw Error{ErrorCode::kConfiguration,
                fmt::format("the folder of locks {} can be written to by others, who could take "
                            "away any lock in it: `chmod go-w` it, or choose a folder of this "
                            "user's own",
                            folder)};
  }
  if (const std::string_view kind = network_disk(folder); !kind.empty()) {
    throw Error{
        ErrorCode::kConfiguration,
        fmt::format("the folder of locks {} is on {}, where a lock does not exclude other "
                    "machines, or not for certain: choose a local folder, or another backend",
                    folder, kind)};
  }
}

}  // namespace

LockFile::LockFile(std::string directory, std::string_view key) {
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  const std::string name = checked_file_name(key);
  path_ = fmt::format("{}/{}.lock", directory, name);
  record_path_ = fmt::format("{}/{}.owner", directory, name);
  make_folder(directory);
  open();
}

void LockFile::open() {
  is_ours_ = false;
  file_.reset(::open(path_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!file_) {
    fail(ErrorCode::kConfiguration, fmt::format("cannot open the lock's file {}", path_), errno);
  }
}

bool LockFile::is_in_place() const {
  struct stat ours{};
  struct stat there{};
  return ::fstat(file_.get(), &ours) == 0 && ::lstat(path_.c_str(), &there) == 0 &&
         ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

bool LockFile::try_lock() {
  if (!is_in_place()) open();  // somebody has removed it
  while (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) {
      fail(ErrorCode::kUnavailable, fmt::format("cannot lock {}", path_), errno);
    }
  }
  is_ours_ = is_in_place();
  if (is_ours_) return true;
  unlock();  // removed in this moment: the lock of the new file counts
  return false;
}

void LockFile::unlock() noexcept {
  is_ours_ = false;
  ::flock(file_.get(), LOCK_UN);
}

bool LockFile::is_locked() {
  // A look of the holder's own wakes nobody.
  if (is_ours_) return is_in_place();
  // Open for writing: its closing wakes whoever was refused in this moment.
  const UniqueFd other{::open(path_.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC)};
  if (!other && errno == ENOENT) return false;
  if (!other) {
    fail(ErrorCode::kUnavailable, fmt::format("cannot look at the lock of {}", path_), errno);
  }
  if (::flock(other.get(), LOCK_SH | LOCK_NB) == 0) return false;
  if (errno == EWOULDBLOCK) return true;
  fail(ErrorCode::kUnavailable, fmt::format("cannot look at the lock of {}", path_), errno);
}

LockRecord LockFile::read_record() const {
  errno = 0;
  std::ifstream file{record_path_};
  if (!file.is_open() && errno != ENOENT) {
    // Nobody is told that there is no holder, nor given an old token, for want of a descriptor.
    fail(ErrorCode::kUnavailable, fmt::format("cannot read the lock's record {}", record_path_),
         errno);
  }
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const json value = json::parse(text, nullptr, false);
  LockRecord record;
  if (!value.is_object()) return record;
  if (value.contains("token") && value["token"].is_number_integer()) {
    record.token = value["token"].get<std::int64_t>();
  }
  if (value.contains("owner") && value["owner"].is_object()) {
    record.owner = value["owner"].get<LockOwner>();
  }
  return record;
}

void LockFile::write_record(const std::optional<LockOwner>& owner, std::int64_t token) const {
  json value = {{"token", token}};
  if (owner) value["owner"] = *owner;
  const std::string text = value.dump() + "\n";
  const std::string next = record_path_ + ".new";
  const auto refuse = [&] {
    fail(ErrorCode::kUnavailable, fmt::format("cannot write the lock's record {}", record_path_),
         errno);
  };
  {
    // A file of this name that is no file of ours must not be followed.
    ::unlink(next.c_str());
    const UniqueFd file{::open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode)};
    if (!file) refuse();
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      refuse();
    }
    if (::fsync(file.get()) != 0) refuse();
  }
  if (std::rename(next.c_str(), record_path_.c_str()) != 0) refuse();
  const UniqueFd folder{
      ::open(fs::path{record_path_}.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder && ::fsync(folder.get()) != 0) refuse();
}

void LockFile::touch() noexcept {
  [[maybe_unused]] const auto written = ::pwrite(file_.get(), "\n", 1, 0);
}

}  // namespace stint::flock_lock
