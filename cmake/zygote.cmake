# zygote_sources(<target> <file>...) - builds <target> from what the zygote compiler makes of these files.
#
# List every source (.cpp, .cu) and header (.hpp) that contains ZYGOTE, and every header that includes such a header.
# Sources are added to the target; leave them out of add_executable(). Headers are found under the names by which the
# unprocessed ones are found, through directories below the current one or target_include_directories().
#
# Results lie in ${CMAKE_CURRENT_BINARY_DIR}/zygote/<target>, laid out as the files are, and begin with a #line, so that
# compilers and debuggers speak of the files as written. For clangd, compile_commands.json lists those as well, through
# a target <target>.editor that nothing builds.

# The path of a file below the current directory.
function(zygote_relative_path file result)
  cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
  cmake_path(IS_PREFIX CMAKE_CURRENT_SOURCE_DIR ${file} NORMALIZE inside)
  if(NOT inside)
    message(FATAL_ERROR "zygote_sources: ${file} is not below ${CMAKE_CURRENT_SOURCE_DIR}")
  endif()
  cmake_path(RELATIVE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  set(${result} ${file} PARENT_SCOPE)
endfunction()

# The command that makes `output` from `input`. An output whose text stays the same keeps its time, so it is the stamp
# that says when the compiler last ran.
function(zygote_command input output stamp)
  add_custom_command(
    OUTPUT ${stamp}
    BYPRODUCTS ${output}
    COMMAND flux::zygote ${input} -o ${output}
    COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
    DEPENDS ${input} flux::zygote
    COMMENT "zygote ${input}"
    VERBATIM)
endfunction()

# Takes files that were listed in add_executable() as well out of the target.
function(zygote_remove_unprocessed target)
  get_property(sources TARGET ${target} PROPERTY SOURCES)
  foreach(file IN LISTS ARGN)
    list(REMOVE_ITEM sources ${file} ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  set_property(TARGET ${target} PROPERTY SOURCES ${sources})
endfunction()

# Entries in compile_commands.json for the files as written.
function(zygote_editor_target target)
  if(TARGET ${target}.editor)
    target_sources(${target}.editor PRIVATE ${ARGN})
    return()
  endif()
  add_library(${target}.editor OBJECT EXCLUDE_FROM_ALL ${ARGN})
  foreach(property INCLUDE_DIRECTORIES COMPILE_DEFINITIONS COMPILE_OPTIONS COMPILE_FEATURES LINK_LIBRARIES)
    set_property(TARGET ${target}.editor PROPERTY ${property} $<TARGET_PROPERTY:${target},${property}>)
  endforeach()
  target_compile_definitions(${target}.editor PRIVATE ZYGOTE_EDITOR)
endfunction()

# Lets processed headers be found under the same names as unprocessed ones, and before them. Runs when all include
# directories of the target are known.
function(zygote_mirror_includes target property generated)
  get_property(directories TARGET ${target} PROPERTY ${property})
  foreach(directory IN LISTS directories)
    string(REGEX REPLACE "^\\$<BUILD_INTERFACE:(.*)>$" "\\1" directory "${directory}")
    cmake_path(IS_PREFIX CMAKE_CURRENT_SOURCE_DIR "${directory}" NORMALIZE inside)
    if(inside)
      cmake_path(RELATIVE_PATH directory BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
      cmake_path(APPEND generated ${directory} OUTPUT_VARIABLE mirror)
      cmake_path(NORMAL_PATH mirror)
      list(APPEND mirrors $<BUILD_INTERFACE:${mirror}>)
    endif()
  endforeach()
  if(directories)
    set_property(TARGET ${target} PROPERTY ${property} ${mirrors} ${directories})
  endif()
endfunction()

function(zygote_mirror_includes_later target property generated)
  get_property(done TARGET ${target} PROPERTY zygote_mirrors_${property})
  if(NOT done)
    set_property(TARGET ${target} PROPERTY zygote_mirrors_${property} TRUE)
    cmake_language(EVAL CODE "cmake_language(DEFER CALL zygote_mirror_includes ${target} ${property} [[${generated}]])")
  endif()
endfunction()

# A target of its own runs the commands of one zygote_sources(): this works for interface libraries too, and no command
# is run by two targets at once.
function(zygote_run_before target)
  set(runner ${target}.zygote)
  while(TARGET ${runner})
    string(APPEND runner +)
  endwhile()
  add_custom_target(${runner} DEPENDS ${ARGN})
  add_dependencies(${target} ${runner})
endfunction()

function(zygote_sources target)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/zygote/${target})
  foreach(file IN LISTS ARGN)
    zygote_relative_path(${file} file)
    zygote_command(${CMAKE_CURRENT_SOURCE_DIR}/${file} ${generated}/${file} ${generated}/${file}.stamp)
    list(APPEND stamps ${generated}/${file}.stamp)
    if(file MATCHES "\\.(cpp|cc|cxx|cu)$")
      list(APPEND originals ${file})
    endif()
    cmake_path(GET file PARENT_PATH directory)
    list(APPEND directories ${CMAKE_CURRENT_SOURCE_DIR}/${directory})
  endforeach()
  zygote_run_before(${target} ${stamps})
  zygote_mirror_includes_later(${target} INTERFACE_INCLUDE_DIRECTORIES ${generated})

  get_target_property(type ${target} TYPE)
  if(type STREQUAL INTERFACE_LIBRARY)
    return()
  endif()
  zygote_mirror_includes_later(${target} INCLUDE_DIRECTORIES ${generated})
  list(REMOVE_DUPLICATES directories)
  foreach(directory IN LISTS directories)  # unprocessed neighbours of a file are found where it was
    target_compile_options(
      ${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-iquote \"${directory}\">"
                        "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:-Xcompiler \"-iquote,${directory}\">")
  endforeach()
  if(originals)
    list(TRANSFORM originals PREPEND ${generated}/ OUTPUT_VARIABLE sources)
    set_source_files_properties(${sources} PROPERTIES GENERATED TRUE)
    zygote_remove_unprocessed(${target} ${originals})
    target_sources(${target} PRIVATE ${sources})
    if(CMAKE_EXPORT_COMPILE_COMMANDS)
      zygote_editor_target(${target} ${originals})
    endif()
  endif()
endfunction()
