/// Read jobs, their attempts, bytes and logs.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>
#include "backends/postgres/database.hpp"
#include "core/job_records.hpp"
#include "core/store.hpp"

namespace stint::postgres {

/// Read what is stored of jobs. Thread-safe.
class Reader final {
 public:
  explicit Reader(Database& database) : database_(database) {}

  std::optional<JobRecord> find_job(JobId id);
  JobPage list_page(const JobFilter& filter);
  std::vector<AttemptRecord> list_attempts(JobId id);
  std::vector<std::optional<JobState>> job_states(std::span<const JobId> ids);
  std::vector<std::string> load_attachments(JobId id, Store::Attachments which);
  std::vector<std::int64_t> count_log_lines(std::span<const JobId> ids);
  std::vector<JobLogLine> read_log(JobId id, std::int64_t from, int limit);

 private:
  std::vector<JobRecord> read_records(const Result& result);
  /// Tags come as arrays, which the server takes apart for those that have some.
  void add_tags(std::vector<JobRecord>& records, const std::vector<JobId>& tagged);

  /// Which ids a list looks at, from the greatest on.
  struct ListRange {
    std::int64_t before;
    std::int64_t from = 0;
    std::optional<std::int32_t> most = {};  ///< at so many jobs at most
  };
  std::vector<JobRecord> list_range(const JobFilter& filter, const SqlFile& statement,
                                    const ListRange& range);
  /// The id below which a list goes on that has looked at so many jobs; nothing: these were all.
  std::optional<JobId> list_end(std::int64_t before, int most, int lead);

  Database& database_;
};

}  // namespace stint::postgres
