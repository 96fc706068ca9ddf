package export

import (
	"fmt"
	"maps"
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// mostUnlisted is how many names a sentence about what the export does not list has.
const mostUnlisted = 10

// knowsAlias reports whether the export lists an alias of a function. What is configured under another one counts for every version of the
// function: list-aliases is for one function, and its output for another may be missing.
func (r *reading) knowsAlias(arn, name string) bool {
	_, listed := r.aliases[arn][name]
	return listed && r.aliasPages.why("", "") == ""
}

// unlisted says which functions, versions and aliases are named in the export and not listed: what is configured for them is judged for no
// role, or for the roles of all versions.
func (r *reading) unlisted(versions map[string][]role.Function) (gaps []role.Gap) {
	functions, aliases := map[string]bool{}, map[string]bool{}
	note := func(arn, qualifier string) {
		of := versions[arn]
		reached := func(f role.Function) bool {
			return f.ReachedBy(qualifier, func(name string) bool { return r.knowsAlias(arn, name) })
		}
		name := r.shown(arn)
		if len(of) > 0 && qualifier != "" {
			name += ":" + qualifier
		}
		switch {
		case !slices.ContainsFunc(of, reached) && !(qualifier == "" && slices.ContainsFunc(of, role.Function.IsLatest)):
			functions[name] = true
		case role.IsAlias(qualifier) && r.aliasPages.why("", "") == "" && !r.knowsAlias(arn, qualifier):
			aliases[name] = true
		}
	}
	for arn, list := range r.sources {
		for _, s := range list {
			note(arn, s.Qualifier)
		}
	}
	for arn, list := range r.destinations {
		for _, d := range list {
			note(arn, d.Qualifier)
		}
	}
	for arn, list := range r.urls {
		for _, u := range list {
			note(arn, u.Qualifier)
		}
	}
	for arn, list := range r.aliases {
		for _, of := range list {
			for _, version := range of {
				note(arn, version)
			}
		}
	}
	for arn := range versions {
		for _, p := range r.policiesOf(arn) {
			note(arn, p.Qualifier)
		}
	}
	if len(functions) > 0 {
		gaps = append(gaps, role.Gap{
			What:      "functions: " + r.dir + " names " + few(functions) + ", and functions.json does not list " + words.Either(len(functions), "it", "them"),
			SettledBy: "Export the functions again, with `--function-version ALL`. If a function is gone, delete the event source mappings that it left behind.",
		})
	}
	if len(aliases) > 0 {
		gaps = append(gaps, role.Gap{
			What: "aliases: " + r.dir + " names " + few(aliases) + ", and aliases.json does not list " + words.Either(len(aliases), "it", "them") +
				": what is configured under such an alias counts for every version of the function",
			SettledBy: "Export the aliases of every function that has one.",
		})
	}
	return gaps
}

// shown is a function's name, or its ARN where several functions have the name.
func (r *reading) shown(arn string) string {
	if name := aws.FunctionNameOf(arn); r.names[name] < 2 {
		return name
	}
	return arn
}

// few are some of many names, as a sentence has them.
func few(names map[string]bool) string {
	list := slices.Sorted(maps.Keys(names))
	if more := len(list) - mostUnlisted; more > 0 {
		list = append(list[:mostUnlisted:mostUnlisted], fmt.Sprintf("%d more", more))
	}
	return words.List(list)
}
