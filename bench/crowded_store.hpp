/// How a store works beside a great many jobs that are none of its business.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include "figure.hpp"
#include "library.hpp"
#include "plan.hpp"

namespace stint {
class Store;
}

namespace stint::bench {

/// What makes a crowd in new, empty tables; empty: there is none.
using MakeCrowd = std::function<void()>;

/// Claim and complete `plan.jobs` jobs, `plan.batch` at a time, beside a crowd that is made at
/// first use and kept for all rounds.
Contestant crowd_drain(const Plan& plan, const StorePlace& place, std::string name, MakeCrowd make);
/// The same of few jobs at a time: how long each exchange took.
Contestant crowd_claims(const Plan& plan, const StorePlace& place, std::string name,
                        MakeCrowd make);

/// Jobs of the task that the rounds claim: through the library, so on any store.
void add_waiting(Store& store, std::int64_t count, int bulk);
void add_finished(Store& store, std::int64_t count, int bulk);

/// The names of the contestants, the same for both stores.
std::string waiting_name(std::int64_t count);
std::string finished_name(std::int64_t count);

/// The figure of SQLite: 0, a tenth and all of `plan.crowd` waiting, and as many finished.
Figure sqlite_crowd_figure(const Plan& plan);

}  // namespace stint::bench
