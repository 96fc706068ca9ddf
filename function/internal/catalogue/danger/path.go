package danger

import (
	"reflect"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
)

// path is a known privilege-escalation path. The role can take it if all steps of one of its ways are allowed, each on a resource
// that makes it work.
type path struct {
	// id never changes: it is the key of the finding.
	id string
	// does is what the role can do, as a sentence goes on after "can".
	does string
	// ways are the sets of steps, of which one is enough; the shortest first.
	ways [][]step
	// tried are the ways without those that take all steps of a shorter one and more: where the shorter one cannot be taken, they cannot
	// either. They are known by name, and are listed for that.
	tried [][]step
	// needed are, for each of tried, the actions of all its steps.
	needed []actionSet
	// requires is the precondition of the path, as a sentence goes on after "requires": what has to exist in the account, for example. It
	// is empty where every account meets it. elsewhere marks a path that works from some accounts only.
	requires  string
	elsewhere bool
	// makes is set where what the steps act on is made by the first of them: it is new, so nobody chose what it may do.
	makes bool
	// usual marks what is the purpose of many functions, for which naming the resource is enough. onlyAny marks what is not reported
	// where the resource is named.
	usual, onlyAny bool
}

// step is one action of a way.
type step struct {
	action string
	// each are the actions that stand for a pattern in action: those that make it as good as the pattern.
	each []string
	// on says what the action has to be allowed on.
	on target
	// granted are the places of its actions in pathActions.
	granted []int
	// types are the resource types of which one is enough, where the catalogue's required ones do not say it.
	types []string
	// unlisted is how the names of Lambda's resources begin that the action takes, where the list of actions does not have it.
	unlisted string
	// services are those that a role is passed to: one of them is enough.
	services []string
	// keys are condition keys, in lower case, that the request has to carry: one of these sets. "${Partition}" and "${Role}" stand for what is of the role.
	keys []map[string]string
	// without are condition keys, in lower case, that the request must not carry for the step to be worth something.
	without []string
	// through is set where CloudFormation makes the request for the role, with the role's own rights.
	through bool
	// attaches is the managed policy of AWS that the request has to attach for the step to be worth something.
	attaches string
}

// target is what a step acts on.
type target int

const (
	// anything is whatever resources the action takes.
	anything target = iota
	// itself is the role that is judged.
	itself
	// otherRole, otherFunction and those below are the same resource for all steps of a way: not the role that is judged, and
	// not a function that runs under it, which would gain nothing.
	otherRole
	otherFunction
	aUser
	aGroup
	aPolicy
	aThing
	// passedRole is a role that is passed to a service; not the role that is judged.
	passedRole
	// shellDocument is one of AWS's documents that run commands, or any that can be written.
	shellDocument
	// ownDocument is a document of the account: those of AWS cannot be changed.
	ownDocument
)

func do(on target, actions ...string) []step {
	var out []step
	for _, a := range actions {
		out = append(out, step{action: a, on: on})
	}
	return out
}

func pass(services ...string) step {
	return step{action: "iam:PassRole", on: passedRole, services: services}
}

// way joins steps and lists of steps.
func way(parts ...any) []step {
	var out []step
	for _, p := range parts {
		switch p := p.(type) {
		case step:
			out = append(out, p)
		case []step:
			out = append(out, p...)
		}
	}
	return out
}

// administrator is a policy that gives administrator access.
const administrator = "AdministratorAccess"

func attach(action string, on target) step {
	return step{action: action, on: on, attaches: administrator}
}

// requestKeys are sets of condition keys of which the step's request has to carry one.
func (j *judge) requestKeys(s step) []map[string]string {
	switch {
	case s.through:
		return through(j.attaching(s.attaches))
	case len(s.services) > 0:
		var out []map[string]string
		for _, service := range s.services {
			out = append(out, map[string]string{"iam:passedtoservice": aws.ServicePrincipal(service, j.subject.Role.Ref.Partition)})
		}
		return out
	case len(s.keys) > 0:
		return j.filled(s.keys)
	}
	return j.attaching(s.attaches)
}

// filled puts what is of the role in the place of "${Partition}" and "${Role}".
func (j *judge) filled(sets []map[string]string) []map[string]string {
	placeholders := strings.NewReplacer("${Partition}", j.subject.Role.Ref.Partition, "${Role}", j.subject.Role.ARN())
	var out []map[string]string
	for _, set := range sets {
		filled := map[string]string{}
		for key, value := range set {
			filled[key] = placeholders.Replace(value)
		}
		out = append(out, filled)
	}
	return out
}

// anyRequest is one set of keys that asks for none.
var anyRequest = []map[string]string{nil}

// paths are all known ways, the widest first, and lists that came later at the end: the first of many paths is the key of their finding.
// What each step does is in the services' API references, and how they work together in "Grant a user permissions to pass a role to an
// AWS service" and "IAM JSON policy evaluation":
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
var paths = concat(iamPaths, lambdaPassPaths, passPaths, morePassPaths, lambdaCodePaths, existingPaths, identityPaths, runPaths, callPaths,
	moreExistingPaths, throughPaths, lambdaMorePaths, latestPaths)

func concat(lists ...[]path) []path {
	var out []path
	for _, l := range lists {
		for _, p := range l {
			for i, steps := range p.ways {
				if !slices.ContainsFunc(p.ways[:i], func(shorter []step) bool { return isWithin(shorter, steps) }) {
					p.tried = append(p.tried, slices.Clone(steps))
				}
			}
			for _, steps := range p.tried {
				var needed actionSet
				for i := range steps {
					steps[i].granted = placesOf(&steps[i])
					for _, at := range steps[i].granted {
						needed.add(at)
					}
				}
				p.needed = append(p.needed, needed)
			}
			out = append(out, p)
		}
	}
	return out
}

// pathActions are the actions that steps need, each once: most paths begin with the same few.
var pathActions []ask.Known

// placeOf are the places of actions in pathActions, by their names.
var placeOf = map[string]int{}

// actionSet is a set of places in pathActions.
type actionSet [8]uint64

func (s *actionSet) add(at int) { s[at/64] |= 1 << (at % 64) }

func (s *actionSet) holds(at int) bool { return s[at/64]&(1<<(at%64)) != 0 }

// has reports whether a set has all members of another one.
func (s *actionSet) has(other *actionSet) bool {
	for i := range s {
		if other[i]&^s[i] != 0 {
			return false
		}
	}
	return true
}

// placesOf are the places of a step's actions in pathActions, where they are added.
func placesOf(s *step) (places []int) {
	actions := s.each
	if len(actions) == 0 {
		actions = []string{s.action}
	}
	for _, action := range actions {
		at, known := placeOf[action]
		if !known {
			at = len(pathActions)
			placeOf[action], pathActions = at, append(pathActions, ask.KnownAction(action))
		}
		places = append(places, at)
	}
	return places
}

// isWithin reports whether a way has all steps of a shorter one.
func isWithin(shorter, steps []step) bool {
	return !slices.ContainsFunc(shorter, func(s step) bool {
		return !slices.ContainsFunc(steps, func(o step) bool { return reflect.DeepEqual(s, o) })
	})
}
