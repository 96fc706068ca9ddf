package actions

import (
	"slices"
	"strings"
)

// TaggingActions gives the actions of a service that set tags on its resources of a type, in the order of their names: iam:TagRole for
// "role" of "iam". The service's prefix may be in any case, the type is named as in AWS's table. An action that takes only Resource
// "*" counts for every type. The slice is new; it is nil where no action of that name sets tags, as in a service that sets them
// with the action that updates the resource.
//
// tag:TagResources of the Resource Groups Tagging API is not among them, because it needs the permission for the service's own
// action in addition: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_TagResources.html
func TaggingActions(service, resourceType string) []Action {
	return actionsOn(service, resourceType, setsTags)
}

// UntaggingActions gives the actions of a service that remove tags from its resources of a type, as TaggingActions those that set
// them.
func UntaggingActions(service, resourceType string) []Action {
	return actionsOn(service, resourceType, removesTags)
}

func actionsOn(service, resourceType string, is func(Action) bool) []Action {
	all, _ := Service(service)
	var list []Action
	for _, a := range all {
		ofType := func(t ResourceType) bool { return t.Name == resourceType }
		if is(a) && (a.OnlyStar() || slices.ContainsFunc(a.ResourceTypes, ofType)) {
			list = append(list, a)
		}
	}
	return list
}

// setsTags reports whether an action sets tags on a resource that exists, by its access level and its name. AWS lists a few such
// actions as writes.
func setsTags(a Action) bool {
	if tagsOfAnotherSort[a.full] || a.Level != Tagging && a.Name != "TagResource" && a.Name != "TagContact" {
		return false
	}
	for _, verb := range []string{"Add", "Change", "Create", "Put", "Set", "Tag", "Update"} {
		if strings.HasPrefix(a.Name, verb) {
			return strings.Contains(a.Name, "Tag")
		}
	}
	return false
}

// removesTags reports whether an action removes tags from a resource, by its access level and its name.
func removesTags(a Action) bool {
	if tagsOfAnotherSort[a.full] || a.Level != Tagging && a.Name != "UntagResource" {
		return false
	}
	for _, verb := range []string{"Delete", "Remove", "Untag"} {
		if strings.HasPrefix(a.Name, verb) {
			return strings.Contains(strings.ToLower(a.Name), "tag")
		}
	}
	return false
}

// tagsOfAnotherSort are of the access level Tagging, and set no tag that aws:ResourceTag would show: the tags of a session, and
// LF-Tags of AWS Lake Formation. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html and
// https://docs.aws.amazon.com/lake-formation/latest/dg/tag-based-access-control.html, read on 2026-11-29.
var tagsOfAnotherSort = Set(`
lakeformation: AddLFTagsToResource
sts: TagGetWebIdentityToken TagSession
`)
