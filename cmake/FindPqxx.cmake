# SPDX-License-Identifier: Apache-2.0
# Debian ships libpqxx with pkg-config only. Defines Pqxx::pqxx.
find_path(PQXX_INCLUDE_DIR pqxx/pqxx)
find_library(PQXX_LIBRARY pqxx)
find_library(PQ_LIBRARY pq)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Pqxx REQUIRED_VARS PQXX_LIBRARY PQ_LIBRARY PQXX_INCLUDE_DIR)
if(Pqxx_FOUND AND NOT TARGET Pqxx::pqxx)
  add_library(Pqxx::pqxx UNKNOWN IMPORTED)
  set_target_properties(Pqxx::pqxx PROPERTIES
    IMPORTED_LOCATION ${PQXX_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${PQXX_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES ${PQ_LIBRARY})
endif()
