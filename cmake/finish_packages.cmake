# Run by CPack with the folders of both packages in place: adds their changelogs and copyright, compresses
# what Debian compresses, and gives all files the same time, so that the same commit makes the same packages.

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# When this version was made: as the builder says, else the commit's time, else now.
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  execute_process(
    COMMAND git -C "${CPACK_STINT_SOURCE_DIR}" log -1 --format=%ct
    OUTPUT_VARIABLE epoch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT epoch)
    string(TIMESTAMP epoch "%s" UTC)
  endif()
  set(ENV{SOURCE_DATE_EPOCH} "${epoch}")
endif()
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)

set(staged "${CPACK_TEMPORARY_INSTALL_DIRECTORY}")
foreach(component IN ITEMS program development)
  string(TOUPPER "${component}" upper)
  set(name "${CPACK_DEBIAN_${upper}_PACKAGE_NAME}")
  set(version "${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")
  set(doc "${staged}/${component}/usr/share/doc/${name}")
  if(NOT IS_DIRECTORY "${staged}/${component}")
    message(FATAL_ERROR "nothing was installed for the package ${name}: ${staged}/${component}")
  endif()
  file(COPY "${CPACK_STINT_BINARY_DIR}/packaging/copyright" DESTINATION "${doc}")
  file(REMOVE "${doc}/LICENSE" "${doc}/CHANGELOG.md")  # they are there in Debian's form
  configure_file("${CPACK_STINT_SOURCE_DIR}/CHANGELOG.md" "${doc}/changelog" COPYONLY)
  file(
    WRITE "${doc}/changelog.Debian"
    "stint (${version}) unstable; urgency=medium

  * Version ${CPACK_PACKAGE_VERSION}; what is new stands in changelog.gz.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
  file(GLOB manuals "${staged}/${component}/usr/share/man/*/*.[1-9]")
  run(gzip -9nf "${doc}/changelog" "${doc}/changelog.Debian" ${manuals})
  file(GLOB archives "${staged}/${component}/usr/lib/*.a")
  foreach(archive IN LISTS archives)
    run(strip --strip-debug --enable-deterministic-archives "${archive}")
  endforeach()
  run(chmod -R u=rwX,go=rX "${staged}/${component}")
  run(find "${staged}/${component}" -exec touch -h -d "@$ENV{SOURCE_DATE_EPOCH}" "{}" +)
endforeach()
