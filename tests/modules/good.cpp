// A module as users write them: tasks of each kind, a command, a setting and a context.
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <stint/stint.hpp>

#ifndef GOOD_EDITION
#define GOOD_EDITION "first"
#endif

namespace good_tasks {

struct Sum {
  long a = 0;
  long b = 2;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Sum, a, b)

inline constexpr stint::Task<Sum, long> sum{"good.sum"};

class Greeter {
 public:
  explicit Greeter(const stint::Settings& settings)
      : word_(settings.get<std::string>("good.word")) {}
  std::string greet(const std::string& name) const { return word_ + ", " + name; }

 private:
  std::string word_;
};

// Put the other edition into this file's place, as a deployment does.
void replace(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) throw std::runtime_error{"cannot rename"};
}

}  // namespace good_tasks

STINT_MODULE(good, m) {
  using namespace good_tasks;
  using stint::arg;
  m.setting<std::string>("good.word") = "Hello";
  m.context<Greeter>();
  m.task("edition", [] { return std::string{GOOD_EDITION}; });
  m.task(sum, [](const Sum& of) { return of.a + of.b; });
  m.task("greet", [](Greeter& greeter, const std::string& name) { return greeter.greet(name); },
         {arg("name")});
  m.task("print", [](stint::Job& job) {
    std::cout << "printed" << std::endl;
    job.log().info("logged {}", 1);
  });
  m.task("fail", [] { throw stint::Reject{"not today"}; });
  m.task("chain", [](stint::Job& job) { job.enqueue(sum, {.a = 1}); });
  m.task("pid", [] { return static_cast<long>(::getpid()); }, {},
         {.isolation = stint::Isolation::kProcess});
  m.task("crash", [] { std::abort(); }, {}, {.isolation = stint::Isolation::kProcess});
  m.task("replace", replace, {arg("from"), arg("to")});
  m.command("wave", [](Greeter& greeter) {
    std::cout << greeter.greet("everybody") << '\n';
    return 0;
  });
}
