// Be a worker as far as its page: hold_page FOLDER, then wait to be killed.
#include <unistd.h>
#include <cstdio>
#include "runtime/worker_page.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  stint::WorkerPage page{argv[1]};
  page.begin(0, stint::JobId{11}, stint::Epoch{3});
  page.begin(1, stint::JobId{12}, stint::Epoch{5});
  page.begin(7, stint::JobId{13}, stint::Epoch{1});
  page.end(1);
  std::printf("%s\n", page.path().c_str());
  std::fflush(stdout);
  ::pause();
  return 0;
}
