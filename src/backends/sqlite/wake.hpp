/// How sleepers learn that jobs came, across threads and programs.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include "backends/sqlite/file_descriptor.hpp"
#include "core/store.hpp"

namespace stint::sqlite {

/// Tell sleepers of domains. Thread-safe.
class Wake {
 public:
  /// The event of a request to a running job; no domain has such a name.
  static constexpr const char* kRequest = "w:";

  virtual ~Wake() = default;
  /// Tell of an event in each of these domains. Call after the commit.
  virtual void notify(const std::set<std::string>& domains) noexcept = 0;
  /// Make the object by which one thread waits. It may outlive this one.
  virtual std::unique_ptr<WakeUp> make_wake_up(std::span<const std::string> domains) const = 0;
};

/// Tell of events through a small file beside the database: each domain has one of its slots,
/// which changes with each event; inotify wakes those who watch the file. What is in the file
/// matters to nobody but a sleeper between two looks, so that it may be lost or removed.
class WakeFile final : public Wake {
 public:
  static constexpr std::size_t kSlots = 64;
  using Slots = std::array<std::uint64_t, kSlots>;

  /// Throws Error (kUnavailable).
  explicit WakeFile(const std::string& path);

  void notify(const std::set<std::string>& domains) noexcept override;
  std::unique_ptr<WakeUp> make_wake_up(std::span<const std::string> domains) const override;

 private:
  std::string path_;
  FileDescriptor file_;
};

}  // namespace stint::sqlite
