"""What each question, change and subscription takes: the one place where that is said.

A root field that is not here is not served: the schema is not built. So nobody forgets.
"""

from collections.abc import Mapping
from enum import Enum

from domain.access import Caller, Scope


class Anybody(Enum):
    """Who needs no scope, only to be let in."""

    LET_IN = "whoever was let in"
    PARTICIPANT = "whoever came by a link into a study session"
    """They have no scope, and see nothing but that session."""


LET_IN, PARTICIPANT = Anybody.LET_IN, Anybody.PARTICIPANT
Need = Scope | Anybody

NEEDS: Mapping[str, Need] = {
    "Query.service": LET_IN,
    "Query.node": Scope.READ,
    "Query.nodes": Scope.READ,
    "Query.networks": Scope.READ,
    "Query.directions": Scope.READ,
    "Query.generation": Scope.READ,
    "Query.generations": Scope.READ,
    "Query.image": Scope.READ,
    "Query.imageHistory": Scope.READ,
    "Query.session": Scope.READ,
    "Query.sessions": Scope.READ,
    "Query.collection": Scope.READ,
    "Query.collections": Scope.READ,
    "Query.tag": Scope.READ,
    "Query.tags": Scope.READ,
    "Query.seedPool": Scope.RESEARCH,
    "Query.seedPools": Scope.RESEARCH,
    "Query.study": Scope.RESEARCH,
    "Query.studies": Scope.RESEARCH,
    "Query.studySessions": Scope.RESEARCH,
    "Query.estimateStudy": Scope.RESEARCH,
    "Query.studyEstimate": Scope.RESEARCH,
    "Query.studyResults": Scope.RESEARCH,
    "Query.studyCodebook": Scope.RESEARCH,
    "Query.studyPlot": Scope.RESEARCH,
    "Query.studyRun": PARTICIPANT,
    "Query.withdrawalReceipt": LET_IN,
    "Query.auditLog": Scope.ADMIN,
    "Mutation.generateFace": Scope.GENERATE,
    "Mutation.applyEmotion": Scope.GENERATE,
    "Mutation.cancelGeneration": Scope.GENERATE,
    "Mutation.generateFaces": Scope.GENERATE,
    "Mutation.emotionStrip": Scope.GENERATE,
    "Mutation.emotionGrid": Scope.GENERATE,
    "Mutation.truncationGrid": Scope.GENERATE,
    "Mutation.mixStyles": Scope.GENERATE,
    "Mutation.morph": Scope.GENERATE,
    "Mutation.createSession": Scope.LIBRARY,
    "Mutation.renameSession": Scope.LIBRARY,
    "Mutation.deleteSession": Scope.LIBRARY,
    "Mutation.deleteImage": Scope.LIBRARY,
    "Mutation.deleteImages": Scope.LIBRARY,
    "Mutation.createCollection": Scope.LIBRARY,
    "Mutation.updateCollection": Scope.LIBRARY,
    "Mutation.deleteCollection": Scope.LIBRARY,
    "Mutation.collectImage": Scope.LIBRARY,
    "Mutation.collectImages": Scope.LIBRARY,
    "Mutation.updateCollectedImage": Scope.LIBRARY,
    "Mutation.removeCollectedImage": Scope.LIBRARY,
    "Mutation.createTag": Scope.LIBRARY,
    "Mutation.renameTag": Scope.LIBRARY,
    "Mutation.deleteTag": Scope.LIBRARY,
    "Mutation.tagImages": Scope.LIBRARY,
    "Mutation.starImages": Scope.LIBRARY,
    "Mutation.recipeFromFile": Scope.READ,
    "Mutation.exportImages": Scope.READ,
    "Mutation.verifyImage": Scope.GENERATE,
    "Mutation.createSeedPool": Scope.RESEARCH,
    "Mutation.createStudy": Scope.RESEARCH,
    "Mutation.updateStudy": Scope.RESEARCH,
    "Mutation.deleteStudy": Scope.RESEARCH,
    "Mutation.renderStudy": Scope.RESEARCH,
    "Mutation.cancelStudyRendering": Scope.RESEARCH,
    "Mutation.packStimuli": Scope.RESEARCH,
    "Mutation.createStudySession": Scope.RESEARCH,
    "Mutation.renewStudyLink": Scope.RESEARCH,
    "Mutation.deleteStudySession": Scope.RESEARCH,
    "Mutation.repairStudySession": Scope.RESEARCH,
    "Mutation.eraseParticipant": Scope.RESEARCH,
    "Mutation.giveConsent": PARTICIPANT,
    "Mutation.describeParticipant": PARTICIPANT,
    "Mutation.answerTrial": PARTICIPANT,
    "Mutation.withdrawFromStudy": PARTICIPANT,
    "Subscription.generationUpdated": Scope.READ,
    "Subscription.generationCompleted": Scope.READ,
}


def check(caller: Caller, need: Need) -> None:
    """Raises Forbidden."""
    if isinstance(need, Scope):
        caller.require(need)
    elif need is PARTICIPANT:
        caller.participating()
