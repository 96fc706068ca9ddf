package actions

import (
	"slices"
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
)

// Carriage says whether a request for an action has a condition key in its context.
type Carriage int

// The carriages. The zero Carriage is unknown, which is never to be taken for absent.
const (
	// CarriageUnknown is of an action or a key that the catalogue lacks, of a key that no action lists, and of a key of
	// another service.
	CarriageUnknown Carriage = iota
	// Carried are global keys and keys of the session. They are in the context of a request whatever its action is, whenever
	// their documentation says that they are available.
	Carried
	// CarriedOnRequest are keys that AWS lists for the action, or for one of the resource types that it acts on. Which of
	// its requests have them depends on what they ask for.
	CarriedOnRequest
	// NotCarried are keys that AWS lists for other actions of the service and not for this one: its requests never have
	// them.
	NotCarried
)

// Carries says whether requests for an action, by its name in a policy in any case ("s3:GetObject"), carry a condition key, which
// may be of a family ("aws:RequestTag/team"). The facts are as of AsOf. An action with wildcards is not known.
//
// Rule: a global key or a key of the session is carried. A key of the request is carried by the actions that list it. It is not
// carried by the others if it is one of their service, or a tag of the request or the resource. See
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
func Carries(action, key string) Carriage {
	var buffer [8]uint16
	k := carriedKeyOf(key, buffer[:0])
	return k.By(action)
}

// CarriedKey is a condition key, of which many actions can be asked whether their requests carry it.
type CarriedKey struct {
	Name string
	// folded is the name in lower case, and ids are the places of all keys that it stands for. ofAll is set where requests for all actions
	// carry it.
	folded        string
	ids           []uint16
	ofTags, ofAll bool
}

// CarriedKeyOf looks a key up, in any case.
func CarriedKeyOf(key string) CarriedKey { return carriedKeyOf(key, nil) }

// carriedKeyOf is CarriedKeyOf with room for the places.
func carriedKeyOf(key string, ids []uint16) CarriedKey {
	k := CarriedKey{Name: key, folded: ascii.Lower(key)}
	k.ofTags = isTagKey(k.folded)
	if !k.ofTags && ofSession(k.folded) {
		k.ofAll = true
		return k
	}
	k.ids = conditionKeys().all(k.folded, ids)
	k.ofAll = !k.ofTags && isGlobal(k.ids)
	return k
}

// MayLack reports whether By can be NotCarried for some action.
func (k *CarriedKey) MayLack() bool { return !k.ofAll && len(k.ids) > 0 }

// By is Carries for the key and an action.
func (k *CarriedKey) By(action string) Carriage {
	if k.ofAll {
		return Carried
	}
	c := carriedKeys()
	i, known := place(action)
	if !known {
		return CarriageUnknown
	}
	own := c.keys[c.from[i]:c.from[i+1]]
	listed := false
	for _, id := range k.ids {
		if _, found := slices.BinarySearch(own, id); found {
			return CarriedOnRequest
		}
		listed = listed || c.listed[id]
	}
	if listed && (k.ofTags || isOfService(k.folded, catalogue().actions[i].Service)) {
		return NotCarried
	}
	return CarriageUnknown
}

// IsListed reports whether AWS lists a condition key, which may be of a family, for some action or resource type, or as a global
// key. The facts are as of AsOf.
func IsListed(key string) bool {
	var buffer [8]uint16
	return len(conditionKeys().all(ascii.Lower(key), buffer[:0])) > 0
}

// isTagKey reports whether a key in lower case is about tags of the request or of the resource: AWS calls such keys global, but
// only the actions that list them carry them.
func isTagKey(folded string) bool {
	return folded == "aws:tagkeys" || strings.HasPrefix(folded, "aws:requesttag/") || strings.HasPrefix(folded, "aws:resourcetag/")
}

// isGlobal reports whether one of the keys is global: they stand first in the list of all keys.
func isGlobal(ids []uint16) bool {
	return slices.ContainsFunc(ids, func(id uint16) bool { return int(id) < len(globalKeys) })
}

func isOfService(folded, service string) bool {
	prefix, _, _ := strings.Cut(folded, ":")
	return strings.EqualFold(prefix, service)
}

// all appends the places of all keys that a name in lower case stands for. Those are several where AWS's tables write the
// variable part of a family in different ways.
func (k *keyIndex) all(folded string, ids []uint16) []uint16 {
	if i, ok := k.byName[folded]; ok {
		ids = append(ids, uint16(i))
		// No template matches a name without one of these that is known itself.
		if !strings.ContainsAny(folded, "/<$") {
			return ids
		}
	}
	for i := range k.families {
		if f := &k.families[i]; f.pattern.matches(folded) && !slices.Contains(ids, uint16(f.key)) {
			ids = append(ids, uint16(f.key))
		}
	}
	return ids
}

// listedElsewhere are keys that AWS documents for an action outside the Service Authorization Reference, whose table lacks them.
// Read on 2026-11-29.
var listedElsewhere = []struct{ action, key, source, says string }{
	{
		"aws-marketplace:Subscribe", "aws-marketplace:ProductId", "https://docs.aws.amazon.com/bedrock/latest/userguide/model-access-permissions.html",
		"For the aws-marketplace:Subscribe action only, you can use the aws-marketplace:ProductId condition key to restrict subscription to specific models.",
	},
	// The key is named after this parameter. AWS's tables have it for other actions with the parameter and do not say that these lack it.
	{
		"sts:AssumeRole", "sts:DurationSeconds", "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html",
		"DurationSeconds: The duration, in seconds, of the role session.",
	},
	{
		"sts:AssumeRoleWithSAML", "sts:DurationSeconds", "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html",
		"DurationSeconds: The duration, in seconds, of the role session.",
	},
	{
		"sts:AssumeRoleWithWebIdentity", "sts:DurationSeconds", "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html",
		"DurationSeconds: The duration, in seconds, of the role session.",
	},
}

// carriageIndex has the condition keys of each action: keys[from[i]:from[i+1]] are those of action i, sorted, by their places in
// the list of all keys. listed says which keys any action has.
type carriageIndex struct {
	keys   []uint16
	from   []int
	listed []bool
}

var carriedKeys = sync.OnceValue(indexCarriedKeys)

func indexCarriedKeys() *carriageIndex {
	c, k := catalogue(), conditionKeys()
	x := &carriageIndex{listed: make([]bool, len(k.list)), from: make([]int, 1, len(c.actions)+1)}
	elsewhere := map[int][]string{}
	for _, row := range listedElsewhere {
		i := positions()[ascii.Lower(row.action)]
		elsewhere[i] = append(elsewhere[i], row.key)
	}
	ofTypes := map[*ResourceType][]uint16{}
	for i := range c.actions {
		a := &c.actions[i]
		own := append(k.places(a.ConditionKeys), k.places(elsewhere[i])...)
		if len(a.ResourceTypes) > 0 {
			shared, ok := ofTypes[&a.ResourceTypes[0]]
			if !ok {
				for _, t := range a.ResourceTypes {
					shared = append(shared, k.places(t.Keys)...)
				}
				ofTypes[&a.ResourceTypes[0]] = shared
			}
			own = append(own, shared...)
		}
		slices.Sort(own)
		own = slices.Compact(own)
		for _, id := range own {
			x.listed[id] = true
		}
		x.keys = append(x.keys, own...)
		x.from = append(x.from, len(x.keys))
	}
	return x
}

// places gives the places of keys by their documented names.
func (k *keyIndex) places(names []string) []uint16 {
	var ids []uint16
	for _, name := range names {
		if i, ok := k.byName[ascii.Lower(name)]; ok {
			ids = append(ids, uint16(i))
		}
	}
	return ids
}
