#include "core/store.hpp"
#include <iterator>
#include <utility>
#include "stint/error.hpp"

namespace stint {

std::vector<JobRecord> Store::list_jobs(JobFilter filter) {
  std::vector<JobRecord> jobs;
  while (filter.limit > 0) {
    JobPage page = list_page(filter);
    filter.limit -= static_cast<int>(page.jobs.size());
    jobs.insert(jobs.end(), std::make_move_iterator(page.jobs.begin()),
                std::make_move_iterator(page.jobs.end()));
    if (!page.next) break;
    filter.before = *page.next;
  }
  return jobs;
}

SqlStatement Store::enqueue_statement(const NewJob& /*job*/) {
  throw Error{ErrorCode::kInvalid,
              "this store has no SQL to enqueue with: use Client::enqueue, or a PostgreSQL store"};
}

}  // namespace stint
