/// The statements of our SQLite backend, driven by the bare driver: what is left of the floor
/// before any code of ours has run.
#pragma once
#include "figure.hpp"
#include "library.hpp"
#include "plan.hpp"

namespace stint::bench {

/// A store in a file of its own.
StorePlace sqlite_place(const Plan& plan);

Contestant sqlite_statements_bulk(const Plan& plan, const StorePlace& place);
Contestant sqlite_statements_one_by_one(const Plan& plan, const StorePlace& place);
/// Complete a batch and claim the next in each transaction.
Contestant sqlite_statements_drain(const Plan& plan, const StorePlace& place);

}  // namespace stint::bench
