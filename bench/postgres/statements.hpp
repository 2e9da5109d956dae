/// The statements of our PostgreSQL backend, driven by the bare driver as the backend drives them:
/// what is left of the floor before any code of ours has run.
#pragma once
#include "figure.hpp"
#include "library.hpp"
#include "plan.hpp"
#include "postgres/schema.hpp"

namespace stint::bench {

/// A store in a schema of its own.
StorePlace postgres_place(const PgSchema& schema);

Contestant postgres_statements_bulk(const Plan& plan, const PgSchema& schema);
Contestant postgres_statements_one_by_one(const Plan& plan, const PgSchema& schema);
/// Complete a batch and claim the next in each transaction, over so many connections.
Contestant postgres_statements_drain(const Plan& plan, const PgSchema& schema, int clients);

}  // namespace stint::bench
