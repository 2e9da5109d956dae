#include "support/store_place.hpp"
#include <atomic>
#include <cstdlib>
#include <random>
#include <fmt/format.h>
#include "backends/postgres/backend.hpp"
#include "backends/sqlite/backend.hpp"
#include "support/temporary_folder.hpp"

namespace stint::test {
namespace {

class SqlitePlace final : public StorePlace {
 public:
  const StoreBackend& backend() const override { return sqlite::sqlite_backend(); }
  std::string url() const override {
    return fmt::format("sqlite:{}/jobs.db", folder_.path().string());
  }

 private:
  TemporaryFolder folder_;
};

class MemoryPlace final : public StorePlace {
 public:
  const StoreBackend& backend() const override { return sqlite::memory_backend(); }
  std::string url() const override { return fmt::format("memory:test-{}", number_); }

 private:
  static inline std::atomic<int> last_number{0};
  const int number_ = ++last_number;
};

/// A schema of its own within the database that STINT_TEST_POSTGRES names.
class PostgresPlace final : public StorePlace {
 public:
  explicit PostgresPlace(std::string server) : server_(std::move(server)) {
    // By chance: a test that was killed leaves its schema behind, and its process id comes again.
    std::random_device entropy;
    schema_ = fmt::format("stint_test_{:08x}{:08x}", entropy(), entropy());
  }
  ~PostgresPlace() override {
    try {
      open_schema()->reset();
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): see below
      // The server of a test may be gone; its data goes with it.
    }
  }
  PostgresPlace(const PostgresPlace&) = delete;
  PostgresPlace& operator=(const PostgresPlace&) = delete;

  const StoreBackend& backend() const override { return postgres::postgres_backend(); }
  std::string url() const override {
    const char separator = server_.find('?') == std::string::npos ? '?' : '&';
    return fmt::format("{}{}schema={}", server_, separator, schema_);
  }

 private:
  std::string server_;
  std::string schema_;
};

std::unique_ptr<StorePlace> make_postgres_place(std::string& missing) {
  const char* server = std::getenv("STINT_TEST_POSTGRES");
  if (server != nullptr) return std::make_unique<PostgresPlace>(server);
  missing = "STINT_TEST_POSTGRES names no server; start one with: ./dev up";
  return nullptr;
}

}  // namespace

std::unique_ptr<StorePlace> make_store_place(std::string_view backend, std::string& missing) {
  if (backend == "postgres") return make_postgres_place(missing);
  if (backend == "memory") return std::make_unique<MemoryPlace>();
  return std::make_unique<SqlitePlace>();
}

bool is_required(std::string_view server) {
  const char* list = std::getenv("STINT_TEST_REQUIRE");
  if (list == nullptr) return false;
  return fmt::format(",{},", list).find(fmt::format(",{},", server)) != std::string::npos;
}

}  // namespace stint::test
