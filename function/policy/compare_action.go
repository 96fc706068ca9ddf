package policy

import (
	"slices"
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy/actions"
	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// documented are the actions that AWS documents, in alphabetic order; lower holds their names in lower case, in which
// each service's stand together, and letters the characters of each name.
type documented struct {
	names, lower []string
	letters      []letters
	services     serviceRanges
	// shapes tell apart the actions of one service that are about other kinds of resource.
	shapes []string
}

var documentedActions = sync.OnceValue(func() *documented {
	d := &documented{names: slices.Clone(actions.Names())}
	slices.SortFunc(d.names, func(a, b string) int { return strings.Compare(ascii.Lower(a), ascii.Lower(b)) })
	d.lower, d.shapes = make([]string, len(d.names)), make([]string, len(d.names))
	for i, name := range d.names {
		d.lower[i] = ascii.Lower(name)
		if a, ok := actions.Lookup(name); ok && !a.OnlyStar() {
			for _, t := range a.ResourceTypes {
				d.shapes[i] += t.Name + " "
			}
		}
		service, action, _ := strings.Cut(d.lower[i], ":")
		d.letters = append(d.letters, lettersOf(action))
		if last := len(d.services) - 1; last >= 0 && d.services[last].service == service {
			d.services[last].to = i + 1
		} else {
			d.services = append(d.services, serviceRange{service, i, i + 1})
		}
	}
	return d
})

// actionClass are actions that every statement of both sets treats alike. An open class stands for actions that AWS does not
// document and no statement names.
type actionClass struct {
	names []string
	// places are the names' places in the universe; service and action are the first one's, in lower case. An open class has
	// no places and no action, and a service only where it stands for that one's actions.
	places          []int
	universe        *actionUniverse
	service, action string
	open            bool
	// shape names the resource types that the actions take, and lacks the keys that their requests never carry.
	shape string
	lacks []string
	// alike is the same for classes of which the same holds, whatever their resources look like.
	alike string
	// of and notOf bound the services of an open class, where they are not nil.
	of, notOf []language.Pattern
	// takenForms are the ARNs that the actions take, once they were asked for.
	takenForms map[formsKey][]language.Pattern
	// values are the statements' values of Action that cover the actions, once they were asked for.
	values map[*comparedStatement][]int
	// star is whether the actions are about no resource in particular, once it was asked for.
	star, starAsked bool
	// gravest is the gravest of the actions by statement and value of Action, once it was asked for.
	gravest map[grantKey]string
	// matched holds, by number of the statement, whether its Action or NotAction covers the class.
	matched bitset
}

func appendRow(key []byte, row bitset) []byte {
	for _, word := range row {
		for shift := 0; shift < 64; shift += 8 {
			key = append(key, byte(word>>shift))
		}
	}
	return key
}

// treatment distinguishes the actions that Evaluate treats differently though the same statements cover them.
func treatment(service, action string) string {
	switch {
	case service == "sts" || service == "kms":
		return service + ":" + action
	case service == "iam" && isIAMRead(action):
		return "iam:read"
	case service == "iam" || aws.SupportsRCPs(service):
		return service
	}
	return ""
}

// onlyAny says whether the class's actions are about no resource in particular.
func (class *actionClass) onlyAny() bool {
	if class.open {
		return false
	}
	if !class.starAsked {
		a, ok := actions.Lookup(class.names[0])
		class.starAsked, class.star = true, ok && a.OnlyStar()
	}
	return class.star
}
