// The tabs that GraphiQL opens with.
"use strict";

window.EXAMPLES = [
  {
    query: `# Press the play button: seed 42 becomes a face,
# and the picture appears below.
# The other tabs: emotions, the history, following.

mutation Face {
  generateFace(input: {
    seed: 42            # 0 to 4294967295
    truncationPsi: 0.5  # 0 average, 1 full variety
    emotions: []        # {emotion: HAPPY, strength: 1}
    waitMs: 30000       # answer once it is done
  }) {
    generation {
      id
      status
      image {
        id
        url
        seed
        width
      }
    }
    userErrors { code message field }
  }
}
`,
  },
  {
    query: `# The same person with another expression.
# Copy an image's id from the first tab's answer
# into the variables below.

mutation Emotion($image: ID!) {
  applyEmotion(input: {
    imageId: $image
    emotions: [{emotion: HAPPY, strength: 0.8}]
    waitMs: 30000
  }) {
    generation {
      status
      image {
        id
        url
        source { id url }
        emotions { emotion strength }
      }
    }
    userErrors { code message field }
  }
}
`,
    variables: '{\n  "image": "the id of an image"\n}',
  },
  {
    query: `# What was made, newest first.
# For the next page pass endCursor as after.

query History($after: String) {
  imageHistory(first: 10, after: $after) {
    nodes {
      id
      url
      seed
      emotions { emotion strength }
      createdAt
    }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}
`,
  },
  {
    query: `# Press play to listen (over a WebSocket),
# then make faces in the first tab of another window.

subscription Completed {
  generationCompleted {
    id
    status
    image { url seed }
    error { code message }
  }
}
`,
  },
];
