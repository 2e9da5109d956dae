#include "backends/postgres/enqueue_commands.hpp"
#include <algorithm>
#include <string>
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

// One statement stays well below the server's 1 GB, and its arrays below what is quick to build.
constexpr std::size_t kMostRows = 5000;
constexpr std::size_t kMostBytes = std::size_t{32} << 20U;

// Up to this length arguments are stored beside what a claim touches, too: to fetch them from
// another table costs a claim a fifth of its time, to carry 200 bytes as much.
constexpr std::int32_t kShortArgsBytes = 100;

// An array literal: the tags of several jobs are of different lengths, so they are no array.
std::string array_literal(std::span<const std::string> texts) {
  std::string literal = "{";
  for (const std::string& text : texts) {
    if (literal.size() > 1) literal += ',';
    literal += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') literal += '\\';
      literal += c;
    }
    literal += '"';
  }
  return literal + "}";
}

// The first `count` rows that one statement takes: limited by rows and by bytes.
std::size_t rows_of_one_statement(std::span<const NewJob> jobs) {
  std::size_t bytes = 0;
  std::size_t rows = 0;
  for (; rows < std::min(jobs.size(), kMostRows); ++rows) {
    bytes += jobs[rows].args.size() + jobs[rows].metadata.size();
    if (bytes > kMostBytes && rows > 0) break;
  }
  return rows;
}

bool is_plain(const NewJob& job) {
  return job.attachments.empty() && job.metadata.empty() && job.tags.empty() &&
         job.idempotency_key.empty();
}

bool alike(const NewJob& a, const NewJob& b) {
  return a.task == b.task && a.domain == b.domain && a.node == b.node && a.priority == b.priority &&
         a.max_attempts == b.max_attempts && a.timeout == b.timeout &&
         a.flags.mask == b.flags.mask && a.run_at == b.run_at && a.delay == b.delay;
}

bool are_alike(std::span<const NewJob> jobs) {
  return std::ranges::all_of(
      jobs, [&](const NewJob& job) { return is_plain(job) && alike(job, jobs.front()); });
}

Column id_column(std::span<const std::int64_t> ids) {
  Column column = Column::int64s(ids.size());
  for (const std::int64_t id : ids) column.add(id);
  return column;
}

// What jobs have in common that are alike.
void add_common(Parameters& parameters, const NewJob& job, bool needs_args_alone) {
  parameters.add(std::string_view{job.task})
      .add(std::string_view{job.domain})
      .add_or_null(job.node)
      .add(job.priority)
      .add(job.max_attempts)
      .add(static_cast<std::int64_t>(job.timeout.count()))
      .add(job.flags.mask)
      .add(job.run_at)
      .add(static_cast<std::int64_t>(job.delay.count()))
      .add(needs_args_alone);
}

Command alike_command(std::span<const NewJob> jobs, std::span<const std::int64_t> ids,
                      std::optional<StoreTime> now) {
  const NewJob& first = jobs.front();
  const bool needs_args_alone =
      first.timeout == milliseconds{0} && std::ranges::all_of(jobs, [](const NewJob& job) {
        return job.args.size() <= kShortArgsBytes;
      });
  Parameters parameters;
  parameters.add(now);
  if (jobs.size() == 1) {
    parameters.add(ids.front()).add(std::string_view{first.args});
    add_common(parameters, first, needs_args_alone);
    return {&sql::enqueue_one, std::move(parameters)};
  }
  Column args = Column::jsons(jobs.size());
  for (const NewJob& job : jobs) args.add(std::string_view{job.args});
  parameters.add(id_column(ids)).add(std::move(args));
  add_common(parameters, first, needs_args_alone);
  return {&sql::enqueue, std::move(parameters)};
}

Command mixed_command(std::span<const NewJob> jobs, std::span<const std::int64_t> ids,
                      std::optional<StoreTime> now) {
  const std::size_t rows = jobs.size();
  Column args = Column::texts(rows);
  Column tasks = Column::texts(rows);
  Column domains = Column::texts(rows);
  Column nodes = Column::texts(rows);
  Column priorities = Column::int16s(rows);
  Column max_attempts = Column::int16s(rows);
  Column timeouts = Column::int64s(rows);
  Column flags = Column::int16s(rows);
  Column run_ats = Column::times(rows);
  Column delays = Column::int64s(rows);
  Column metadata = Column::texts(rows);
  Column tags = Column::texts(rows);
  Column keys = Column::texts(rows);
  Column has_attachments = Column::booleans(rows);
  for (const NewJob& job : jobs) {
    args.add(std::string_view{job.args});
    tasks.add(std::string_view{job.task});
    domains.add(std::string_view{job.domain});
    nodes.add_or_null(job.node);
    priorities.add(static_cast<std::int16_t>(job.priority));
    max_attempts.add(static_cast<std::int16_t>(job.max_attempts));
    timeouts.add(static_cast<std::int64_t>(job.timeout.count()));
    flags.add(static_cast<std::int16_t>(job.flags.mask));
    if (job.run_at) {
      run_ats.add(*job.run_at);
    } else {
      run_ats.add_null();
    }
    delays.add(static_cast<std::int64_t>(job.delay.count()));
    metadata.add_or_null(job.metadata);
    if (job.tags.empty()) {
      tags.add_null();
    } else {
      tags.add(std::string_view{array_literal(job.tags)});
    }
    keys.add_or_null(job.idempotency_key);
    has_attachments.add(!job.attachments.empty());
  }
  Parameters parameters;
  parameters.add(now)
      .add(id_column(ids))
      .add(std::move(args))
      .add(std::move(tasks))
      .add(std::move(domains))
      .add(std::move(nodes))
      .add(std::move(priorities))
      .add(std::move(max_attempts))
      .add(std::move(timeouts))
      .add(std::move(flags))
      .add(std::move(run_ats))
      .add(std::move(delays))
      .add(std::move(metadata))
      .add(std::move(tags))
      .add(std::move(keys))
      .add(std::move(has_attachments))
      .add(kShortArgsBytes);
  return {&sql::enqueue_mixed, std::move(parameters)};
}

// One statement for each job's attachments: they may be large.
void add_attachment_commands(std::vector<Command>& commands, const NewJob& job, std::int64_t id) {
  std::int32_t position = 0;
  for (const std::string& data : job.attachments) {
    Column ids = Column::int64s(1);
    Column positions = Column::int32s(1);
    Column datas = Column::bytes(1);
    ids.add(id);
    positions.add(position++);
    datas.add(std::string_view{data});
    Parameters parameters;
    parameters.add(std::move(ids)).add(std::move(positions)).add(std::move(datas));
    commands.push_back({&sql::insert_attachments, std::move(parameters)});
  }
}

Command claim_keys_command(std::span<const NewJob> jobs, std::span<const std::int64_t> ids,
                           std::optional<StoreTime> now) {
  Column keys = Column::texts(jobs.size());
  Column owners = Column::int64s(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (jobs[i].idempotency_key.empty()) continue;
    keys.add(std::string_view{jobs[i].idempotency_key});
    owners.add(ids[i]);
  }
  Parameters parameters;
  parameters.add(now).add(std::move(keys)).add(std::move(owners));
  return {&sql::claim_keys, std::move(parameters)};
}

}  // namespace

bool has_keys(std::span<const NewJob> jobs) {
  return std::ranges::any_of(jobs, [](const NewJob& job) { return !job.idempotency_key.empty(); });
}

Command find_keys_command(std::span<const NewJob> jobs) {
  Column keys = Column::texts(jobs.size());
  for (const NewJob& job : jobs) {
    if (!job.idempotency_key.empty()) keys.add(std::string_view{job.idempotency_key});
  }
  Parameters parameters;
  parameters.add(std::move(keys));
  return {&sql::find_keys, std::move(parameters)};
}

std::vector<Command> enqueue_commands(std::span<const NewJob> jobs,
                                      std::span<const std::int64_t> ids,
                                      std::optional<StoreTime> now) {
  std::vector<Command> commands;
  const bool keyed = has_keys(jobs);
  if (keyed) commands.push_back(claim_keys_command(jobs, ids, now));
  while (!jobs.empty()) {
    const std::size_t rows = rows_of_one_statement(jobs);
    const auto some = jobs.first(rows);
    const auto their_ids = ids.first(rows);
    commands.push_back(!keyed && are_alike(some) ? alike_command(some, their_ids, now)
                                                 : mixed_command(some, their_ids, now));
    for (std::size_t i = 0; i < rows; ++i) {
      add_attachment_commands(commands, some[i], their_ids[i]);
    }
    jobs = jobs.subspan(rows);
    ids = ids.subspan(rows);
  }
  return commands;
}

}  // namespace stint::postgres
