#include "support/effect_table.hpp"
#include <stdexcept>
#include <fmt/format.h>
#include "backends/postgres/connect_options.hpp"

namespace stint::test {

EffectTable::EffectTable(const StorePlace& place)
    : connection_(PQconnectdb(place.url().substr(0, place.url().find('?')).c_str()), &PQfinish),
      name_(postgres::parse_connect_options(place.url()).schema + ".effect") {
  run(fmt::format("create table {} (job bigint, epoch bigint, note text)", name_));
}

EffectTable::~EffectTable() {
  try {
    run("drop table " + name_);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): see below
    // The server of a test may be gone; its data goes with it.
  }
}

std::vector<std::string> EffectTable::run(const std::string& text) const {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result{
      PQexec(connection_.get(), text.c_str()), &PQclear};
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    throw std::runtime_error{PQerrorMessage(connection_.get())};
  }
  std::vector<std::string> rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    rows.emplace_back(PQgetvalue(result.get(), row, 0));
  }
  return rows;
}

std::vector<Effect> EffectTable::rows() const {
  std::vector<Effect> effects;
  const auto order = " from " + name_ + " order by job, epoch, note";
  const auto jobs = run("select job" + order);
  const auto epochs = run("select epoch" + order);
  const auto notes = run("select note" + order);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    effects.push_back({JobId{std::stoll(jobs[i])}, Epoch{std::stoll(epochs[i])}, notes[i]});
  }
  return effects;
}

int EffectTable::writers() const {
  return std::stoi(run(fmt::format("select count(*) from pg_locks where relation = '{}'::regclass "
                                   "and mode = 'RowExclusiveLock'",
                                   name_))
                       .at(0));
}

}  // namespace stint::test
