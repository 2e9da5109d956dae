#include "base/version.hpp"
#include <fstream>
#include <sstream>
#include <string>
#include <gtest/gtest.h>

namespace stint {
namespace {

TEST(Version, IsTheOneInTheProject) {
  std::ifstream file{STINT_SOURCE_DIR "/include/stint/version.hpp"};
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find("#define STINT_VERSION \"" + std::string{version()} + "\"\n"),
            std::string::npos);
}

}  // namespace
}  // namespace stint
