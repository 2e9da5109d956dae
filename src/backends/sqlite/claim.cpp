#include "backends/sqlite/claim.hpp"
#include "backends/sqlite/given_ids.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {
namespace {

// Above the highest priority.
constexpr std::int64_t kTop = 32'768;

std::string_view view_of(sqlite3_value* value) {
  const void* text = sqlite3_value_text(value);
  if (text == nullptr) return {};
  return {static_cast<const char*>(text), static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

bool is_alive(Connection& connection, WorkerId worker) {
  Query query = connection.use(sql::find_worker);
  return query.bind(worker.value).step() &&
         query.integer(0) == static_cast<int>(WorkerState::kAlive);
}

std::optional<std::int64_t> next_lane(Connection& connection, std::string_view domain,
                                      std::int64_t below) {
  Query query = connection.use(sql::next_lane);
  query.bind(domain, below).step();
  return query.optional_int64(0);
}

ClaimedJob read_claimed(const Query& row, const std::string& domain, std::int64_t now) {
  return {.id = JobId{row.int64(0)},
          .epoch = Epoch{row.int64(1) + 1},
          .attempts = row.integer(2),
          .failures = row.integer(3),
          .crashes = row.integer(4),
          .max_attempts = row.integer(5),
          .timeout = milliseconds{row.int64(8)},
          .flags = JobFlags{row.integer(6)},
          .domain = domain,
          .task = row.text(7),
          .args = row.text(9),
          .has_attachments = row.integer(10) != 0,
          .metadata = row.text(11),
          .waited = microseconds{now - row.int64(12)}};
}

}  // namespace

Claimer::Claimer(Connection& connection, GivenTable& ids) : ids_(ids) {
  const int code = sqlite3_create_function_v2(connection.handle(), "may_claim", 2,
                                              SQLITE_UTF8 | SQLITE_DIRECTONLY, this,
                                              &Claimer::may_claim, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw make_error(connection.handle(), code, "may_claim");
}

void Claimer::may_claim(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
  const auto* self = static_cast<const Claimer*>(sqlite3_user_data(context));
  const bool is_ours =
      sqlite3_value_type(values[1]) == SQLITE_NULL || view_of(values[1]) == self->node_;
  sqlite3_result_int(context, is_ours && self->task_names_.contains(view_of(values[0])) ? 1 : 0);
}

void Claimer::prepare_filter(const ClaimRequest& request) {
  node_ = request.node;
  if (tasks_ == request.tasks) return;
  task_names_.clear();
  tasks_ = request.tasks;
  task_names_.insert(tasks_.begin(), tasks_.end());
}

std::vector<ClaimedJob> Claimer::claim(Transaction& transaction, const ClaimRequest& request) {
  Connection& connection = transaction.connection;
  if (!is_alive(connection, request.worker)) return {};
  prepare_filter(request);
  std::vector<ClaimedJob> claimed;
  auto lane = next_lane(connection, request.domain, kTop);
  while (lane && claimed.empty()) {
    claimed = claim_lane(transaction, request, *lane);
    lane = next_lane(connection, request.domain, *lane);
  }
  return claimed;
}

std::vector<ClaimedJob> Claimer::claim_lane(Transaction& transaction, const ClaimRequest& request,
                                            std::int64_t priority) {
  Connection& connection = transaction.connection;
  std::vector<ClaimedJob> claimed;
  GivenIds ids;
  {
    Query due = connection.use(sql::claim);
    due.bind(request.domain, priority, transaction.now, request.limit);
    while (due.step()) {
      claimed.push_back(read_claimed(due, request.domain, transaction.now));
      ids.add(claimed.back().id);
    }
  }
  if (claimed.empty()) return claimed;
  const GivenTable::Filling filling{ids_, ids};
  connection.use(sql::hold_jobs).bind(request.worker.value).run();
  return claimed;
}

}  // namespace stint::sqlite
