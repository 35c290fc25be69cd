from flask import Flask, jsonify, request

app = Flask(__name__)


@app.route("/items", methods=["GET"])
def list_items():
    page = request.args.get("page", 1, type=int)
    return jsonify([item.to_dict() for item in Item.query.paginate(page=page).items])


@app.route("/items/<int:item_id>", methods=["DELETE"])
def delete_item(item_id):
    item = Item.query.get_or_404(item_id)
    db.session.delete(item)
    db.session.commit()
    return "", 204


@app.errorhandler(404)
def not_found(error):
    return jsonify({"error": "Not found"}), 404


if __name__ == "__main__":
    app.run(debug=True)
