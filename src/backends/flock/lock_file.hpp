/// The files of one lock of this machine.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include "base/unique_fd.hpp"
#include "stint/lock_backend.hpp"

namespace stint::flock_lock {

/// Two files: NAME.lock, which is locked and never removed, and NAME.owner, which is replaced as a
/// whole and remembers the last token.
class LockFile final {
 public:
  /// `directory` is made if need be, for this user alone. Throws Error kConfiguration for a key
  /// that gives no file's name, a folder that cannot be used, and one that is not on a local disk.
  LockFile(std::string directory, std::string_view key);

  const std::string& path() const { return path_; }
  /// The open file, which the lock belongs to.
  int descriptor() const { return file_.get(); }

  /// Lock it, if nobody else has. Throws Error.
  bool try_lock();
  void unlock() noexcept;
  /// Whether somebody has it locked, this object included. Throws Error.
  bool is_locked();
  /// Whether the file of this name is still the one that is open.
  bool is_in_place() const;

  /// What NAME.owner says; a token of 0: nothing. Throws Error if it is there and cannot be read.
  LockRecord read_record() const;
  /// Replace it, and have it on the disk. Throws Error.
  void write_record(const std::optional<LockOwner>& owner, std::int64_t token) const;
  /// Tell those who watch the file.
  void touch() noexcept;

 private:
  void open();

  std::string path_;
  std::string record_path_;
  UniqueFd file_;
  bool is_ours_ = false;  // locked by this object
};

}  // namespace stint::flock_lock
