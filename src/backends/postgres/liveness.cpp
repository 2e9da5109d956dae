#include "backends/postgres/liveness.hpp"
#include <string>
#include <utility>
#include "backends/postgres/role_database.hpp"
#include "core/role_place.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

class PostgresLiveness final : public LivenessBackend {
 public:
  explicit PostgresLiveness(const BackendOptions& options)
      : key_(checked_role_key(options)), database_(options) {}

  void write(LivenessKind kind, const LivenessStamp& stamp) override {
    Parameters parameters;
    parameters.add(key_).add(static_cast<std::int32_t>(kind)).add(role_json(stamp));
    database_.run(sql::write_liveness, std::move(parameters), Resend::kAllowed);
  }

  LivenessRecord read() override {
    Parameters parameters;
    parameters.add(key_);
    const Result result =
        database_.run(sql::read_liveness, std::move(parameters), Resend::kAllowed);
    LivenessRecord record;
    for (int i = 0; i < result.rows(); ++i) {
      const Row row = result.row(i);
      LivenessStamp stamp = parse_stamp(row.text(1), microseconds{row.int64(2)});
      const bool is_success = row.int32(0) == static_cast<int>(LivenessKind::kSuccess);
      (is_success ? record.success : record.sign_of_life) = std::move(stamp);
    }
    return record;
  }

 private:
  const std::string key_;
  RoleDatabase database_;
};

}  // namespace

std::unique_ptr<LivenessBackend> make_postgres_liveness(const BackendOptions& options) {
  return std::make_unique<PostgresLiveness>(options);
}

}  // namespace stint::postgres
