package policy

import (
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// typeWords is what is known of the resources of a service: the words for types that their ARNs begin with after the
// account, and whether some begin with a name instead, as those of Amazon S3's objects do.
type typeWords struct {
	words map[string]bool
	named bool
}

// serviceTypes are the type words of ARNs without an account, and then of those with one.
type serviceTypes [2]typeWords

// like gives those of one form of ARN, and of a form that the service does not have those of the other.
func (t *serviceTypes) like(form int) *typeWords {
	if w := &t[form]; w.named || len(w.words) > 0 {
		return w
	}
	return &t[1-form]
}

// typesOf gives the type words by service.
var typesOf = sync.OnceValue(func() map[string]*serviceTypes {
	types := map[string]*serviceTypes{}
	for _, service := range actions.Services() {
		list, _ := actions.Service(service)
		for _, a := range list {
			for _, t := range a.ResourceTypes {
				for _, template := range t.ARNs {
					addTypeWord(types, template)
				}
			}
		}
	}
	return types
})

func addTypeWord(types map[string]*serviceTypes, template string) {
	a, ok := splitARN(template)
	if !ok {
		return
	}
	of := types[a[arnService]]
	if of == nil {
		of = &serviceTypes{{words: map[string]bool{}}, {words: map[string]bool{}}}
		types[a[arnService]] = of
	}
	w := &of[withAccount(a[arnAccount])]
	if word := typePart(a[arnResource]); strings.Contains(word, "${") {
		w.named = true
	} else {
		w.words[word] = true
	}
}

func withAccount(account string) int {
	if account == "" {
		return 0
	}
	return 1
}

// typePart is the part of an ARN's last segment that names the resource's type, if any part does.
func typePart(resource string) string {
	if i := strings.IndexAny(resource, "/:"); i >= 0 {
		return resource[:i]
	}
	return resource
}

// namesType says whether the ARN begins with a word for a type. Of a service that is not known it is taken to.
func (a *arn) namesType() bool {
	of := typesOf()[a[arnService]]
	if of == nil {
		return true
	}
	w := of.like(withAccount(a[arnAccount]))
	return !w.named || w.words[typePart(a[arnResource])]
}

// hasTypeWildcard says whether a value of Resource has a wildcard inside the part that names a type (rule 60): "tabl*/orders",
// and neither "*/orders" nor "reports*". It takes the pattern's segments.
func hasTypeWildcard(segments []string, variables bool) bool {
	if len(segments) <= arnResource {
		return false
	}
	part, separated := cutTypePart(segments[arnResource], variables)
	if !separated || !strings.ContainsAny(part, "*?") || isEverything(part) {
		return false
	}
	service, account := segments[arnService], segments[arnAccount]
	if isWildcard(service) {
		return true
	}
	of := typesOf()[service]
	if of == nil {
		return true
	}
	return of.like(withAccount(account)).canBegin(part) || isEverything(account) && of.like(0).canBegin(part)
}

// canBegin says whether an ARN that begins with a word for a type can begin as the part of a pattern does. An asterisk may
// cross the slash after the word, so only what stands before it tells.
func (w *typeWords) canBegin(part string) bool {
	start := part
	if i := strings.IndexAny(part, "*$"); i >= 0 {
		start = part[:i+1]
	}
	glob := markWildcards(strings.TrimRight(start, "*$")) + runMark
	for word := range w.words {
		if matchGlob(glob, word) {
			return true
		}
	}
	return !w.named
}

// cutTypePart gives what stands before the first slash or colon that is not inside a variable, without the variables.
func cutTypePart(tail string, variables bool) (part string, separated bool) {
	var b strings.Builder
	for variables {
		before, _, after, ok := cutVariable(tail)
		if !ok || strings.ContainsAny(before, "/:") {
			break
		}
		b.WriteString(before)
		b.WriteString("$") // A variable is no wildcard, and what it stands next to is not the whole part.
		tail = after
	}
	i := strings.IndexAny(tail, "/:")
	if i < 0 {
		return "", false
	}
	b.WriteString(tail[:i])
	return b.String(), true
}
