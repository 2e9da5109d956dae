/// What SQLite gives without a job system: a narrow table and the bare driver.
#pragma once
#include "figure.hpp"
#include "plan.hpp"

namespace stint::bench {

Contestant sqlite_floor_bulk(const Plan& plan);
Contestant sqlite_floor_one_by_one(const Plan& plan);
/// One connection claims and completes a batch in each transaction.
Contestant sqlite_floor_drain(const Plan& plan);
/// A thread that sleeps is woken, and claims one job in a transaction of its own.
Contestant sqlite_floor_latency(const Plan& plan);

}  // namespace stint::bench
