#include "backends/sqlite/inspector.hpp"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <fmt/format.h>
#include "backends/sqlite/schema.hpp"
#include "base/network_disk.hpp"
#include "core/worker_counts.hpp"
#include "stint/error.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {
namespace {

constexpr std::int64_t kHour = 3'600'000'000;
// Checkpoints begin with 4 MiB; a log of this size has waited long for its end.
constexpr std::int64_t kLargeWal = 64LL << 20;

}  // namespace

HealthCheck judge_wal(const WalFacts& wal) {
  HealthCheck check{
      .name = "wal",
      .value = fmt::format("{:.1f} MiB, {} of {} pages moved into the database",
                           static_cast<double>(wal.bytes) / (1 << 20), wal.moved_pages, wal.pages),
      .meaning = "the log begins anew whenever 4 MiB have gathered"};
  if (wal.bytes < kLargeWal) return check;
  if (wal.moved_pages >= wal.pages) {
    check.meaning = "it was large once; its space is used again, and everything in it is moved";
    return check;
  }
  check.status = HealthStatus::kWarning;
  check.meaning =
      "a checkpoint is held back: another program reads an old state of the file, so the log grows "
      "and "
      "reads slow down";
  check.advice = fmt::format(
      "end what has the file open in a long transaction: a backup, a shell of "
      "sqlite3, a stopped process (fuser shows them)");
  return check;
}

HealthCheck judge_mode(std::string_view journal_mode) {
  HealthCheck check{.name = "journal_mode",
                    .value = std::string{journal_mode},
                    .meaning = "readers and the writer do not wait for each other"};
  if (journal_mode == "wal") return check;
  check.status = HealthStatus::kProblem;
  check.meaning = "somebody has changed it: readers and writers now lock each other out";
  check.advice = "end every program that uses the file; the next one sets it to wal again";
  return check;
}

bool SqliteInspector::is_there() const {
  struct stat info{};
  return ::stat(location_.path.c_str(), &info) == 0;
}

Connection& SqliteInspector::connection() {
  check_library_version();
  if (!connection_) connection_ = std::make_unique<Connection>(location_.path);
  return *connection_;
}

std::int64_t SqliteInspector::now() const {
  return to_micros(test_time_.value_or(std::chrono::system_clock::now()));
}

std::string SqliteInspector::read_text(const SqlFile& file) {
  Query query = connection().use(file);
  return query.step() ? query.text(0) : std::string{};
}

SchemaLook SqliteInspector::look_at_schema() {
  return {.version = is_there() ? schema_version(connection()) : 0,
          .newest = newest_schema_version()};
}

HealthCheck SqliteInspector::check_file() const {
  HealthCheck check{
      .name = "store_file",
      .value = location_.path,
      .meaning = "it is on a disk of this machine, and not everybody may write to it"};
  struct stat info{};
  if (::stat(location_.path.c_str(), &info) != 0) {
    check.value += " (not made yet)";
    check.meaning = "it is made at the first use";
    return check;
  }
  if (const std::string_view kind = network_disk(location_.path); !kind.empty()) {
    check.status = HealthStatus::kProblem;
    check.value += fmt::format(" (on {})", kind);
    check.meaning = "SQLite's locks do not work over a network: two machines can damage the file";
    check.advice = "put the file on a disk of this machine, or use PostgreSQL";
  } else if ((info.st_mode & S_IWOTH) != 0) {
    check.status = HealthStatus::kProblem;
    check.value += " (writable by everybody)";
    check.meaning = "every user of this machine can have your workers run jobs";
    check.advice = fmt::format("chmod o-w {}", location_.path);
  }
  return check;
}

WalFacts SqliteInspector::read_wal() const {
  WalFacts facts;
  std::error_code error;
  const auto bytes = std::filesystem::file_size(location_.path + "-wal", error);
  if (error) return facts;
  facts.bytes = static_cast<std::int64_t>(bytes);
  // The index's header, as https://sqlite.org/walformat.html describes it: two copies of 48 bytes,
  // then how far checkpoints have come.
  constexpr std::size_t kPagesAt = 16;
  constexpr std::size_t kMovedAt = 96;
  std::array<char, kMovedAt + sizeof(std::uint32_t)> header{};
  // Never closed before the process ends: closing any descriptor of a file drops all locks that
  // this process has on it, SQLite's among them (https://sqlite.org/howtocorrupt.html, 2.2).
  const int index = ::open((location_.path + "-shm").c_str(), O_RDONLY | O_CLOEXEC);
  if (index < 0) return facts;
  const ssize_t length = ::pread(index, header.data(), header.size(), 0);
  if (length != static_cast<ssize_t>(header.size())) return facts;
  std::uint32_t pages = 0;
  std::uint32_t moved = 0;
  std::memcpy(&pages, header.data() + kPagesAt, sizeof(pages));
  std::memcpy(&moved, header.data() + kMovedAt, sizeof(moved));
  facts.pages = pages;
  facts.moved_pages = moved;
  return facts;
}

HealthCheck SqliteInspector::check_integrity() {
  HealthCheck check{.name = "integrity", .meaning = "the file was read from end to end"};
  Query query = connection().use(sql::integrity_check);
  while (query.step()) check.value += (check.value.empty() ? "" : "; ") + query.text(0);
  if (check.value == "ok") return check;
  check.status = HealthStatus::kProblem;
  check.meaning = "the file is damaged: jobs may be lost or run wrongly";
  check.advice =
      "stop all programs, copy the file away, and restore a copy or: sqlite3 FILE .recover";
  return check;
}

std::vector<HealthCheck> SqliteInspector::check_place(InspectDepth depth) {
  std::vector<HealthCheck> checks;
  checks.push_back({.name = "library",
                    .value = fmt::format("SQLite {}", sqlite3_libversion()),
                    .meaning = "new enough, and safe for threads"});
  checks.push_back(check_file());
  if (!is_there() || look_at_schema().version == 0) return checks;
  checks.push_back(judge_mode(read_text(sql::journal_mode)));
  checks.push_back(judge_wal(read_wal()));
  if (depth == InspectDepth::kFull) checks.push_back(check_integrity());
  return checks;
}

std::optional<JobPlace> SqliteInspector::find_place(JobId id, int most) {
  Query row = connection().use(sql::find_place);
  const std::int64_t moment = now();
  if (!row.bind(id.value, moment, most).step()) return std::nullopt;
  return JobPlace{.now = from_micros(moment),
                  .gate = row.integer(0),
                  .lone_crashes = row.integer(1),
                  .abort_message = row.text(2),
                  .abort_at = row.optional_time(3),
                  .higher = row.int64(4),
                  .older = row.int64(5),
                  .most = most};
}

std::vector<WorkerTasks> SqliteInspector::worker_tasks() {
  Query row = connection().use(sql::worker_tasks);
  std::vector<WorkerTasks> workers;
  while (row.step()) {
    if (auto tasks = told_tasks(row.text(1))) {
      workers.push_back({.worker = WorkerId{row.int64(0)}, .tasks = *std::move(tasks)});
    }
  }
  return workers;
}

QueueLook SqliteInspector::look_at_queue(int most) {
  const std::int64_t moment = now();
  QueueLook look{.now = from_micros(moment), .waiting = {}};
  std::int64_t seen = 0;
  Query waiting = connection().use(sql::waiting_jobs);
  waiting.bind(moment, most);
  while (waiting.step()) {
    look.waiting.push_back({.domain = waiting.text(0),
                            .task = waiting.text(1),
                            .node = waiting.text(2),
                            .jobs = waiting.int64(3),
                            .since = waiting.time(4)});
    seen += waiting.int64(3);
  }
  look.is_cut = seen >= most;
  Query ended = connection().use(sql::ended_lately);
  ended.bind(moment - kHour, most);
  while (ended.step()) {
    add_ended(look, static_cast<JobState>(ended.integer(0)), ended.text(1), ended.int64(2));
  }
  return look;
}

}  // namespace stint::sqlite
