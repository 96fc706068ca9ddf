package export

import (
	"cmp"
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
	return listed
}

// named is a function, or a version or an alias of it, that the export names and does not list.
type named struct{ arn, qualifier string }

// unlisted finds which functions, versions and aliases are named in an export and not listed there.
type unlisted struct {
	*reading
	versions           map[string][]role.Function
	functions, aliases map[named]bool
}

// unlisted says which functions, versions and aliases are named in the export and not listed: what is configured for them is judged for no
// role, or for the roles of all versions.
func (r *reading) unlisted(versions map[string][]role.Function) (gaps []role.Gap) {
	u := unlisted{r, versions, map[named]bool{}, map[named]bool{}}
	u.noteAll()
	if len(u.functions) > 0 {
		gaps = append(gaps, role.Gap{
			What:      "functions: " + r.dir + " names " + u.few(u.functions) + ", and functions.json does not list " + words.Either(len(u.functions), "it", "them"),
			SettledBy: "Export the functions again, with `--function-version ALL`. If a function is gone, delete what is still configured for it.",
		})
	}
	if len(u.aliases) > 0 {
		what := r.dir + " names " + u.few(u.aliases) + ", and aliases.json does not list " + words.Either(len(u.aliases), "it", "them")
		if why := r.because("aliases", r.aliasPages.why(r.dir, "aliases.json")); why != "" {
			what = why + ", and " + u.few(u.aliases) + words.Either(len(u.aliases), " is", " are") + " not listed"
		}
		gaps = append(gaps, role.Gap{
			What:      "aliases: " + what + ": what is configured under such an alias counts for every version of the function",
			SettledBy: "Export the aliases of every function that has one.",
		})
	}
	return gaps
}

// noteAll notes of all that the export names what it does not list.
func (u *unlisted) noteAll() {
	for arn, list := range u.sources {
		for _, s := range list {
			u.note(arn, s.Qualifier)
		}
	}
	for arn, list := range u.destinations {
		for _, d := range list {
			u.note(arn, d.Qualifier)
		}
	}
	for arn, list := range u.urls {
		for _, one := range list {
			u.note(arn, one.Qualifier)
		}
	}
	for arn, list := range u.reading.aliases {
		for _, of := range list {
			for _, version := range of {
				u.note(arn, version)
			}
		}
	}
	for arn := range u.versions {
		for _, p := range u.policiesOf(arn) {
			u.note(arn, p.Qualifier)
		}
	}
}

// note notes that the export names a qualifier of a function, or the function itself where it is empty.
func (u *unlisted) note(arn, qualifier string) {
	of := u.versions[arn]
	switch reaches := func(f role.Function) bool { return f.ReachedBy(qualifier, role.AllAliases) }; {
	case len(of) == 0:
		u.functions[named{arn: arn}] = true
	case role.IsAlias(qualifier):
		if !u.knowsAlias(arn, qualifier) {
			u.aliases[named{arn, qualifier}] = true
		} // The versions of one that is listed are noted by themselves.
	case qualifier == "" && slices.ContainsFunc(of, role.Function.IsLatest): // It is listed, though it may not be what the name leads to.
	case !slices.ContainsFunc(of, reaches):
		u.functions[named{arn, qualifier}] = true
	}
}

// few are some of many names, as a sentence has them: of a function its name, or its ARN where the export has another one of that name.
func (u *unlisted) few(all map[named]bool) string {
	list := slices.SortedFunc(maps.Keys(all), func(a, b named) int {
		return cmp.Or(cmp.Compare(a.arn, b.arn), role.CompareVersions(a.qualifier, b.qualifier))
	})
	var out []string
	for _, n := range list[:min(len(list), mostUnlisted)] {
		text := aws.FunctionNameOf(n.arn)
		if others := u.names[text]; others > 1 || others == 1 && len(u.versions[n.arn]) == 0 {
			text = n.arn
		}
		if n.qualifier != "" {
			text += ":" + n.qualifier
		}
		out = append(out, text)
	}
	if more := len(list) - len(out); more > 0 {
		out = append(out, fmt.Sprintf("%d more", more))
	}
	return words.List(out)
}
